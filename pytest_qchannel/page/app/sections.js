// What stands around the matrix: what ran, what it cost, who made the page.

function outcomesOf(tests) {
  const counts = new Map();
  for (const test of tests) counts.set(test.outcome, (counts.get(test.outcome) || 0) + 1);
  const order = Object.keys(GLYPHS);
  const place = (name) => [...FAILURES].includes(name) ? -1 : order.indexOf(name);
  return [...counts].sort((a, b) => place(a[0]) - place(b[0]));
}

function Outcome({ name }) {
  return html`<span class=${"outcome " + plain(name)}><span class="glyph" aria-hidden="true">${GLYPHS[name] || "?"}</span> ${plain(name)}</span>`;
}

function Head({ record }) {
  const runs = record.runs;
  return html`<header><h1>Test report</h1>
    <p class="tally">${counted(record.tests.length, "test")}: ${" "}
      ${outcomesOf(record.tests).map(([name, number]) => html`<span class="count">${count(number)} <${Outcome} name=${name}/></span> `)}</p>
    ${runs.length === 1 ? html`<${OneRun} run=${runs[0]}/>` : html`<${ManyRuns} runs=${runs} tests=${record.tests}/>`}
  </header>`;
}

function Settings({ settings }) {
  return html`<details><summary>${counted(settings.length, "setting")} that ${settings.length === 1 ? "is" : "are"} told</summary>
    <div class="scroll" tabindex="0" role="group" aria-label="Settings"><table><caption class="hidden">Settings</caption>
    <thead><tr><th scope="col">setting</th><th scope="col">value</th><th scope="col">from</th></tr></thead>
    <tbody>${settings.map((one) => html`<tr><th scope="row">${cut(one.name)}</th><td>${cut(one.value)}</td><td>${cut(one.origin)}</td></tr>`)}</tbody>
    </table></div></details>`;
}

function OneRun({ run }) {
  return html`<${Facts} rows=${[
      ["started", run.started_at && moment(run.started_at)], ["took", seconds(run.duration_s)],
      ["Python", run.python], ["pytest", run.pytest], ["qiskit-ibm-runtime", run.client], ["Qiskit", run.qiskit],
      ["channels", (run.channels || []).join(", ")],
      ["exit status", run.exit === null || run.exit === undefined ? "" : String(run.exit)], ["command", run.command],
    ]}/>
    ${(run.settings || []).length > 0 && html`<${Settings} settings=${run.settings}/>`}`;
}

function ManyRuns({ runs, tests }) {
  const failed = runs.map((_, number) => tests.filter((test) => (test.run ?? 0) === number && FAILURES.has(test.outcome)).length);
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Runs"><table><caption>${counted(runs.length, "run")} in this report</caption>
    <thead><tr><th scope="col">run</th><th scope="col">started</th><th scope="col">took</th><th scope="col">Python</th><th scope="col">pytest</th>
      <th scope="col">client</th><th scope="col">Qiskit</th><th scope="col">channels</th><th scope="col">failed</th><th scope="col">exit status</th><th scope="col">command</th></tr></thead>
    <tbody>${runs.map((run, number) => html`<tr><th scope="row">${number + 1}</th><td>${run.started_at && moment(run.started_at)}</td>
      <td class="number">${seconds(run.duration_s)}</td><td>${cut(run.python)}</td><td>${cut(run.pytest)}</td><td>${cut(run.client)}</td><td>${cut(run.qiskit)}</td>
      <td>${cut((run.channels || []).join(", "))}</td><td class="number">${count(failed[number])}</td><td class="number">${cut(run.exit)}</td>
      <td><code>${cut(run.command)}</code></td></tr>`)}</tbody></table></div>`;
}

/** QPU seconds by test and device, the most first. */
function Cost({ record, all, showAll }) {
  const tests = new Map();
  const devices = new Map();
  let hasEstimates = false;
  for (const test of record.tests) {
    for (const job of test.jobs || []) {
      if (!job.qpu_seconds) continue;
      const { value, is_estimate: isEstimate } = job.qpu_seconds;
      hasEstimates = hasEstimates || isEstimate;
      const name = job.backend || "?";
      devices.set(name, (devices.get(name) || 0) + value);
      if (!tests.has(test.id)) tests.set(test.id, { sum: 0, by: new Map() });
      const row = tests.get(test.id);
      row.sum += value;
      row.by.set(name, (row.by.get(name) || 0) + value);
    }
  }
  const told = record.qpu_seconds || {};
  const facts = [
    ["used", told.used ? qpu(told.used) : ""], ["held", told.held ? qpu(told.held) : ""],
    ["budget", told.budget !== null && told.budget !== undefined ? qpu(told.budget) : ""],
    ["live, this run would use about", told.estimate ? qpu(told.estimate) : ""],
  ];
  if (!tests.size && !facts.some(([, text]) => text)) return null;
  const names = [...devices].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
  const rows = [...tests].sort((a, b) => b[1].sum - a[1].sum);
  const shown = all ? rows : rows.slice(0, 20);
  const top = rows.length ? rows[0][1].sum || 1 : 1;
  return html`<section id="cost"><h2>QPU seconds</h2><${Facts} rows=${facts}/>
    ${rows.length > 0 && html`<div class="scroll" tabindex="0" role="group" aria-label="QPU seconds"><table>
      <caption>By test and device${hasEstimates ? "; what no service told is estimated" : ""}</caption>
      <thead><tr><th scope="col">test</th>${names.map((name) => html`<th scope="col">${cut(name, 60)}</th>`)}<th scope="col">sum</th><th scope="col"><span class="hidden">drawn</span></th></tr></thead>
      <tbody>${shown.map(([id, row]) => html`<tr><th scope="row"><${Name} id=${id}/></th>
        ${names.map((name) => html`<td class="number">${row.by.has(name) ? qpu(row.by.get(name)) : ""}</td>`)}
        <td class="number">${qpu(row.sum)}</td>
        <td><svg class="bar" viewBox="0 0 240 14" preserveAspectRatio="none" aria-hidden="true"><rect class="counted" x="0" y="2" height="10" width=${(row.sum / top) * 240}/></svg></td></tr>`)}</tbody>
      <tfoot><tr><th scope="row">all ${counted(rows.length, "test")}</th>${names.map((name) => html`<td class="number">${qpu(devices.get(name))}</td>`)}
        <td class="number">${qpu(rows.reduce((sum, [, row]) => sum + row.sum, 0))}</td><td></td></tr></tfoot></table></div>`}
    ${shown.length < rows.length && html`<button type="button" onClick=${showAll}>Show all ${counted(rows.length, "test")}</button>`}
  </section>`;
}

/** A cassette is one recording: there is nothing to choose from. */
function Cassette({ record, all, showAll }) {
  const [test] = record.tests;
  return html`<header><h1>A cassette</h1><${Facts} rows=${record.facts}/></header>
    <main><section><h2>What was recorded</h2><h3><bdi>${cut(test.id, 600)}</bdi></h3>
      <${Deeds} record=${record} test=${test} all=${all} showAll=${showAll}/></section></main><${Foot} record=${record}/>`;
}

function Foot({ record }) {
  return html`<footer><p>Made by pytest-qchannel${record.made_by ? ` ${plain(record.made_by)}` : ""}. This page asks nothing of any network.</p>
    <details><summary>Licences of what is in this page</summary>
      ${(record.licences || []).map((one) => html`<h2>${one.name}</h2><pre tabindex="0">${one.text}</pre>`)}</details></footer>`;
}
