// The matrix: tests down, channel, client and lane across, and the filters over it.

const FIRST_TESTS = 100;

function Filters({ page, left }) {
  const { wanted, layout } = page;
  const groups = FILTERS.filter((name) => layout.values[name].size > 1);
  return html`<form role="search" aria-label="Filters" onSubmit=${(event) => event.preventDefault()}>
    <p><label for="q">Search in names, reasons, errors, jobs and backends</label>
      <input id="q" type="search" autocomplete="off" spellcheck="false" value=${wanted.q} onInput=${(event) => page.search(event.target.value)}/></p>
    <div class="groups">${groups.map((name) => html`<fieldset><legend>${name}</legend>
      ${[...layout.values[name]].slice(0, 30).map(([value, number]) => html`<label class="choice">
        <input type="checkbox" checked=${wanted[name].has(value)} onChange=${() => page.toggle(name, value)}/>
        ${name === "outcome" ? html`<${Outcome} name=${value}/>` : cut(value, 40) || "none"} <span class="quiet">${count(number)}</span></label>`)}
    </fieldset>`)}</div>
    <p class="state"><span role="status">${left.tests === page.record.tests.length ? `All ${counted(left.tests, "test")}` : `${count(left.tests)} of ${counted(page.record.tests.length, "test")}`}</span>
      ${page.isFiltered() && html` <button type="button" onClick=${page.clear}>Show all again</button>`}</p>
  </form>`;
}

function ColumnHead({ column }) {
  const [channel, client, lane] = column.parts;
  return html`<th scope="col"><span class="line">${cut(channel, 60) || "no channel"}</span>
    <span class="line">${client ? `client ${cut(client, 40)}` : "no client"}</span><span class="line">${cut(lane, 40) || "no lane"}</span></th>`;
}

function Cell({ page, tests }) {
  return html`<td>${tests.map((test) => {
    const isOpen = page.opened.has(test.number);
    const run = page.record.runs.length > 1 && tests.length > 1 ? `run ${(test.run ?? 0) + 1}` : "";
    return html`<button type="button" class="cell" id=${`cell-${test.number}`} aria-expanded=${isOpen} aria-controls=${isOpen ? `test-${test.number}` : undefined}
      onClick=${() => page.open(test.number)}><${Outcome} name=${test.outcome}/>
      ${test.class && html` <span class="quiet">${cut(test.class, 40)}</span>`} <span class="quiet">${seconds(test.duration_s)}</span>
      ${run && html` <span class="quiet">${run}</span>`}<span class="hidden">: ${cut(test.id)}</span></button>`;
  })}</td>`;
}

/** A row, and below it what is open of it. What has not changed is not drawn again. */
function rowOf(page, found, columns, key) {
  const { row, tests } = found;
  const opened = tests.filter((test) => page.opened.has(test.number));
  const state = `${key}|${tests.map((test) => test.number)}|${opened.map((test) => `${test.number}${page.unfolded.has(test.number)}`)}`;
  if (row.state === state) return row.drawn;
  row.state = state;
  row.drawn = [
    html`<tr key=${row.name}><th scope="row"><${Name} id=${row.name}/></th>
      ${columns.map((column) => html`<${Cell} page=${page} tests=${tests.filter((test) => test.column === column.key)}/>`)}</tr>`,
    opened.length > 0 && html`<tr class="details" key=${"details of " + row.name}><td colspan=${columns.length + 1}>
      ${opened.map((test) => html`<${Details} record=${page.record} test=${test} id=${`test-${test.number}`} close=${() => page.close(test.number)}
        all=${page.unfolded.has(test.number)} showAll=${() => page.unfold(test.number)}/>`)}</td></tr>`,
  ];
  return row.drawn;
}

function Matrix({ page, left }) {
  const used = new Set(left.found.flatMap((one) => one.tests.map((test) => test.column)));
  const columns = page.layout.columns.filter((column) => used.has(column.key));
  const shown = left.found.slice(0, page.most);
  const rest = left.found.length - shown.length;
  const key = columns.map((column) => column.key).join();
  if (!shown.length) return html`<p>${page.record.tests.length ? "No test fits these filters." : "No test used pytest-qchannel in this run."}</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Tests"><table class="matrix">
    <caption>Tests by channel, client and lane; those that failed stand first. An outcome opens what the test did.</caption>
    <thead><tr><th scope="col">test</th>${columns.map((column) => html`<${ColumnHead} column=${column}/>`)}</tr></thead>
    <tbody>${shown.map((found) => rowOf(page, found, columns, key))}</tbody></table></div>
    ${rest > 0 && html`<p class="more"><button type="button" onClick=${() => page.more(page.most + FIRST_TESTS)}>Show ${count(Math.min(FIRST_TESTS, rest))} more</button>
      <button type="button" onClick=${() => page.more(Infinity)}>Show all ${count(left.found.length)}</button> <span class="quiet">${counted(rest, "row is", "rows are")} not drawn yet; filters and search look through all</span></p>`}`;
}
