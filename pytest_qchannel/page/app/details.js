// What one test did, drawn when somebody opens it.

const FIRST_ROWS = 100;
const SOURCES = { emulator: "the emulator", live: "the real services" };

function Copied({ text }) {
  const copy = async (event) => {
    const button = event.currentTarget;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(button.previousElementSibling);
      button.textContent = "selected: press Ctrl-C";
    }
  };
  return html`<div class="command"><code tabindex="0">${plain(text)}</code>
    <button type="button" class="small" onClick=${copy}>copy</button></div>`;
}

function Facts({ rows }) {
  return html`<dl class="facts">${rows.filter(([, text]) => text).map(([name, text]) => html`
    <div><dt>${name}</dt><dd><bdi>${cut(text, 600)}</bdi></dd></div>`)}</dl>`;
}

function Trouble({ error }) {
  return html`<section class="trouble"><h4>What went wrong</h4>
    <p class="headline"><bdi>${cut(error.headline, 1000)}</bdi></p>
    ${error.where && html`<p>where: <bdi>${cut(error.where, 1000)}</bdi></p>`}
    ${error.next && html`<p>next:</p><${Copied} text=${error.next}/>`}
    ${error.text && error.text !== error.headline && html`<details><summary>The whole error</summary>
      <pre tabindex="0">${plain(error.text)}</pre></details>`}
  </section>`;
}

function Requests({ test, all, showAll }) {
  const requests = test.requests || [];
  if (!requests.length) return null;
  const rows = all ? requests : requests.slice(0, FIRST_ROWS);
  const has = (name) => rows.some((one) => one[name] !== null && one[name] !== undefined);
  const [isTimed, hasFaults, hasJobs] = [has("at_s"), has("fault"), has("job")];
  const hasBodies = has("sent") || has("answered"); // of a cassette; a run tells no bodies
  const [hasLines, hasTests] = [has("line"), has("test")];
  return html`<section><h4>${counted(requests.length, "request")}</h4>
    <div class="scroll" tabindex="0" role="group" aria-label="Requests"><table>
      <caption class="hidden">Requests, in their order</caption>
      <thead><tr><th scope="col">#</th>${hasLines && html`<th scope="col">line</th>`}${isTimed && html`<th scope="col">at</th>`}<th scope="col">request</th>
        <th scope="col">host</th><th scope="col">status</th>${hasFaults && html`<th scope="col">fault</th>`}
        ${hasJobs && html`<th scope="col">job</th>`}${hasTests && html`<th scope="col">test</th>`}${hasBodies && html`<th scope="col">bodies</th>`}</tr></thead>
      <tbody>${rows.map((one, index) => html`<tr><th scope="row" class="number">${one.n ?? index + 1}</th>
        ${hasLines && html`<td class="number">${one.line}</td>`}${isTimed && html`<td class="number">${seconds(one.at_s)}</td>`}
        <td><code>${cut(one.route || one.method, 300)}</code></td><td>${cut(one.host)}</td>
        <td class=${kindOf(one) === "fine" ? "number" : "number off"}>${one.status || "no answer"}</td>
        ${hasFaults && html`<td>${cut(one.fault)}</td>`}${hasJobs && html`<td>${cut(one.job, 60)}</td>`}
        ${hasTests && html`<td>${cut(one.test)}</td>`}
        ${hasBodies && html`<td class="bodies">${["sent", "answered"].filter((name) => one[name]).map((name) => html`
          <details><summary>${name}<span class="hidden"> with request ${one.n ?? index + 1}</span></summary><pre tabindex="0">${plain(one[name])}</pre></details>`)}</td>`}
      </tr>`)}</tbody></table></div>
    ${rows.length < requests.length && html`<button type="button" onClick=${showAll}>Show all ${counted(requests.length, "request")}</button>`}
  </section>`;
}

function usage(job) {
  const used = job.qpu_seconds;
  return used ? `${used.is_estimate ? "about " : ""}${qpu(used.value)}${used.is_estimate ? " (estimated)" : ""}` : "";
}

function Circuit({ record, fingerprint, title }) {
  const circuit = (record.circuits || {})[fingerprint];
  if (!circuit) return html`<p>${title}: the circuit ${cut(fingerprint, 40)} is not in this report.</p>`;
  const size = [
    circuit.qubits !== null && circuit.qubits !== undefined && counted(circuit.qubits, "qubit"),
    circuit.depth !== null && circuit.depth !== undefined && `${count(circuit.depth)} deep`,
    circuit.layout && circuit.layout.length ? `on the device's qubits ${circuit.layout.join(", ")}` : "",
  ].filter(Boolean).join(", ");
  return html`<p>${title}: ${size || "a circuit"}${circuit.text ? "" : "; not drawn"}.</p>
    ${circuit.text && html`<pre class="circuit" tabindex="0" role="group" aria-label=${title + ", drawn as text"}>${plain(circuit.text)}</pre>`}`;
}

function deviceOf(record, test, name) {
  const devices = record.devices || {};
  return devices[`${name}@${test.run ?? 0}`] || devices[name];
}

function Jobs({ record, test }) {
  const jobs = test.jobs || [];
  if (!jobs.length) return null;
  const used = new Map();
  for (const job of jobs) {
    if (!used.has(job.backend)) used.set(job.backend, new Set());
    for (const pub of job.pubs || []) {
      const circuit = (record.circuits || {})[pub.circuit];
      for (const qubit of (circuit && circuit.layout) || []) used.get(job.backend).add(qubit);
    }
  }
  const devices = [...used].filter(([name]) => deviceOf(record, test, name));
  const drawn = new Set();
  return html`<section><h4>${counted(jobs.length, "job")}</h4>
    <div class="scroll" tabindex="0" role="group" aria-label="Jobs"><table>
      <caption class="hidden">Jobs and their states</caption>
      <thead><tr><th scope="col">job</th><th scope="col">program</th><th scope="col">backend</th>
        <th scope="col">states</th><th scope="col">QPU time</th></tr></thead>
      <tbody>${jobs.map((job) => html`<tr><th scope="row"><code>${cut(job.id, 60)}</code></th>
        <td>${cut(job.program)}</td><td>${cut(job.backend)}</td>
        <td><ol class="states">${(job.states || []).map((state) => html`<li><span class=${"dot " + stateKind(state.state)}></span>${cut(state.state, 60)}${state.at_s === null || state.at_s === undefined ? "" : ` at ${seconds(state.at_s) || "0 ms"}`}</li>`)}</ol></td>
        <td>${usage(job)}</td></tr>`)}</tbody></table></div>
    ${jobs.map((job) => job.said && html`<details><summary>What else job ${cut(job.id, 40)} was submitted with</summary><pre tabindex="0">${plain(job.said)}</pre></details>`)}
    ${jobs.map((job) => (job.pubs || []).map((pub, index) => {
      const name = `Job ${cut(job.id, 40)}, PUB ${index}`;
      const isNew = pub.circuit && !drawn.has(pub.circuit);
      if (pub.circuit) drawn.add(pub.circuit);
      return html`<div class="pub"><h5>${name}${pub.shots ? `, ${counted(pub.shots, "shot")}` : ""}</h5>
        ${pub.said && html`<pre class="circuit" tabindex="0" role="group" aria-label=${name + " in words"}>${plain(pub.said)}</pre>`}
        ${pub.circuit && (isNew ? html`<${Circuit} record=${record} fingerprint=${pub.circuit} title="Circuit"/>` : html`<p>The same circuit as above.</p>`)}
        ${pub.counts && html`<${Histogram} pub=${pub} title=${`Counts of ${name[0].toLowerCase()}${name.slice(1)}`}/>`}</div>`;
    }))}
    ${devices.map(([name, qubits]) => html`<h5>Device ${cut(name)}</h5><${CouplingMap} name=${name} device=${deviceOf(record, test, name)} used=${[...qubits]}/>`)}
  </section>`;
}

/** What was asked and answered, of a test or of a cassette. */
function Deeds({ record, test, all, showAll }) {
  return html`${(test.requests || []).length > 0 && html`<section><h4>What happened when</h4><${Timeline} test=${test}/></section>`}
    <${Jobs} record=${record} test=${test}/>
    <${Requests} test=${test} all=${all} showAll=${showAll}/>`;
}

function Details({ record, test, id, close, all, showAll }) {
  const cassette = test.cassette;
  const tape = cassette && [
    plain(cassette.path), cassette.did, cassette.recorded_at && `recorded ${moment(cassette.recorded_at)}`,
    cassette.source && `from ${SOURCES[cassette.source] || plain(cassette.source)}`,
    cassette.age_days !== null && cassette.age_days !== undefined && `${counted(Math.floor(cassette.age_days), "day")} old`,
  ].filter(Boolean).join(", ");
  const run = record.runs && record.runs.length > 1 ? record.runs[test.run ?? 0] : null;
  return html`<section class="opened" id=${id} aria-label=${`Test ${test.number + 1}: ${cut(test.id)}`}>
    <div class="top"><h3><bdi>${cut(test.id, 600)}</bdi></h3><button type="button" class="small" onClick=${close}>close</button></div>
    <${Facts} rows=${[
      ["outcome", test.outcome + (test.class ? ` (${test.class})` : "")], ["lane", test.lane],
      ["channel", test.channel], ["client", test.client && `qiskit-ibm-runtime ${test.client}`],
      ["took", seconds(test.duration_s)], ["file", test.file && `${test.file}${test.line ? `:${test.line}` : ""}`],
      ["run", run && `${(test.run ?? 0) + 1} of ${record.runs.length}, ${moment(run.started_at)}`],
      ["cassette", tape], ["reason", test.reason],
    ]}/>
    ${test.error && html`<${Trouble} error=${test.error}/>`}
    ${test.rerun && html`<p>Run this test again:</p><${Copied} text=${test.rerun}/>`}
    <${Deeds} record=${record} test=${test} all=${all} showAll=${showAll}/>
  </section>`;
}
