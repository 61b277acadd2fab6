// The pictures, as SVG. Each has its facts beside it as text or a table: no fact is only a colour.

/** A marked step of about a tenth to a fifth of a span: 1, 2 or 5 times a power of ten. */
function stepOf(span) {
  const rough = span / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
}

function kindOf(request) {
  if (!request.status) return "none";
  if (request.fault) return "fault";
  return request.status >= 500 ? "server" : request.status >= 400 ? "refused" : "fine";
}

const KINDS = {
  fine: "answered", refused: "refused (4xx)", server: "server error (5xx)",
  fault: "trouble on order", none: "no answer",
};

/** A mark of its own shape for each kind of answer. */
function Mark({ kind, x, y }) {
  const at = `translate(${x.toFixed(1)} ${y})`;
  if (kind === "refused") return html`<path class="mark refused" transform=${at} d="M0 -6 6 5 -6 5z"/>`;
  if (kind === "server") return html`<rect class="mark server" transform=${at} x="-5" y="-5" width="10" height="10"/>`;
  if (kind === "fault") return html`<path class="mark fault" transform=${at} d="M0 -7 7 0 0 7 -7 0z"/>`;
  if (kind === "none") return html`<path class="mark none" transform=${at} d="M-5 -5 5 5M5 -5 -5 5"/>`;
  return html`<circle class="mark fine" transform=${at} r="4.5"/>`;
}

/** Requests as marks and jobs as bars, on one axis of time, or of order where no times are known. */
function Timeline({ test }) {
  const requests = test.requests || [];
  const jobs = (test.jobs || []).filter((job) => (job.states || []).length).slice(0, 12);
  const isTimed = requests.every((one) => one.at_s !== null && one.at_s !== undefined);
  const atOf = (request, index) => (isTimed ? request.at_s : index + 1);
  const timedJobs = isTimed ? jobs : [];
  const end = Math.max(
    isTimed ? Math.min(test.duration_s || 0, 1e9) : 0, 1e-3,
    ...requests.map(atOf), ...timedJobs.flatMap((job) => job.states.map((state) => state.at_s || 0)));
  const [width, left, right] = [760, 96, 14];
  const x = (value) => left + (value / end) * (width - left - right);
  const height = 58 + timedJobs.length * 26;
  const step = stepOf(end);
  const ticks = [];
  for (let at = 0; at <= end * 1.0001; at += step) ticks.push(at);
  const kinds = [...new Set(requests.map(kindOf))];
  const label = `Timeline: ${counted(requests.length, "request")}` +
    (timedJobs.length ? `, ${counted(timedJobs.length, "job")}` : "") +
    (isTimed ? ` in ${seconds(end)}` : ", in their order") + "; the tables beside it say the same";
  return html`<figure>
    <svg class="timeline" viewBox="0 0 ${width} ${height}" role="img" aria-label=${label}>
      ${ticks.map((at) => html`<g class="tick"><line x1=${x(at)} x2=${x(at)} y1="8" y2=${height - 22}/>
        <text x=${x(at)} y=${height - 6} text-anchor="middle">${isTimed ? (at ? seconds(at) : "0") : at || ""}</text></g>`)}
      <text x="0" y="24">requests</text>
      ${requests.map((one, index) => html`<${Mark} kind=${kindOf(one)} x=${x(atOf(one, index))} y=${20}/>`)}
      ${timedJobs.map((job, index) => {
        const y = 38 + index * 26;
        return html`<text x="0" y=${y + 14}>job ${plain(job.id).slice(0, 8)}</text>
          ${job.states.map((state, at) => {
            const next = job.states[at + 1];
            const from = x(state.at_s || 0);
            const wide = (next ? x(next.at_s || 0) : Math.min(from + 3, width)) - from;
            const name = plain(state.state);
            return html`<rect class=${"phase " + stateKind(state.state)} x=${from} y=${y} width=${Math.max(wide, 1.5)} height="20"/>
              ${wide > name.length * 6.6 + 6 && html`<text class="within" x=${from + 4} y=${y + 14}>${name}</text>`}`;
          })}`;
      })}
    </svg>
    <figcaption>${kinds.map((kind) => html`<span class="key"><svg viewBox="-8 -8 16 16" aria-hidden="true"><${Mark} kind=${kind} x=${0} y=${0}/></svg>${KINDS[kind]} </span>`)}
      ${isTimed ? "" : "In order: a cassette keeps no times."}</figcaption>
  </figure>`;
}

function stateKind(state) {
  const word = String(state).toLowerCase();
  if (/fail|error/.test(word)) return "bad";
  if (/cancel/.test(word)) return "gone";
  if (/complet|done/.test(word)) return "good";
  return /run/.test(word) ? "busy" : "waiting";
}

const BARS = 32;

/** Counts of one PUB as a table, each row with a bar, against what was expected. */
function Histogram({ pub, title }) {
  const counts = pub.counts || {};
  const expected = pub.expected;
  const others = pub.other_shots || 0;
  const total = Object.values(counts).reduce((sum, one) => sum + one, others);
  const names = [...new Set([...Object.keys(counts), ...Object.keys(expected || {})])];
  const weight = (name) => (counts[name] || 0) + (expected ? (expected[name] || 0) * total : 0);
  names.sort((a, b) => weight(b) - weight(a) || (a < b ? -1 : 1));
  const shown = names.slice(0, BARS);
  if (names.length <= BARS) shown.sort();
  const rest = names.slice(BARS);
  const share = (name) => (total ? (counts[name] || 0) / total : 0);
  const top = Math.max(0.01, ...shown.map(share), ...shown.map((name) => (expected && expected[name]) || 0));
  return html`<div class="scroll" tabindex="0" role="group" aria-label=${title}><table class="histogram">
    <caption>${title}</caption>
    <thead><tr><th scope="col">outcome</th><th scope="col">counts</th><th scope="col">share</th>
      ${expected && html`<th scope="col">expected</th>`}
      <th scope="col"><span class="hidden">drawn: </span>${expected ? "bar: counted, line: expected" : "bar: counted"}</th></tr></thead>
    <tbody>${shown.map((name) => html`<tr><th scope="row"><code>${cut(name, 80)}</code></th>
      <td class="number">${count(counts[name] || 0)}</td><td class="number">${percent(share(name))}</td>
      ${expected && html`<td class="number">${percent(expected[name] || 0)}</td>`}
      <td><svg class="bar" viewBox="0 0 240 14" preserveAspectRatio="none" aria-hidden="true">
        <rect class="counted" x="0" y="2" width=${(share(name) / top) * 236} height="10"/>
        ${expected && html`<line class="expected" x1=${((expected[name] || 0) / top) * 236 + 1} x2=${((expected[name] || 0) / top) * 236 + 1} y1="0" y2="14"/>`}
      </svg></td></tr>`)}</tbody></table>
    ${rest.length > 0 && html`<p>${counted(rest.length, "rarer outcome")} with ${count(rest.reduce((sum, name) => sum + (counts[name] || 0), 0))} counts not shown.</p>`}
    ${others > 0 && html`<p>${counted(others, "shot")} of still rarer outcomes not in this report.</p>`}
  </div>`;
}

/** The qubits of a device, those filled that the circuits of a test used. */
function CouplingMap({ name, device, used }) {
  const isUsed = new Set(used);
  const words = `${plain(name)}: ${used.length ? `qubits ${ranges(used)} of ${count(device.qubits)} used` : `${counted(device.qubits, "qubit")}, which ones were used is not known`}`;
  const drawn = placesOf(device);
  if (!drawn) return html`<p>${words}.</p>`;
  const gap = 26;
  const at = ({ x, y }) => [x * gap + 16, y * gap + 16];
  const width = Math.max(...drawn.places.map((one) => one.x)) * gap + 32;
  const height = Math.max(...drawn.places.map((one) => one.y)) * gap + 32;
  return html`<figure>
    <svg class="device" viewBox="0 0 ${width.toFixed(0)} ${height.toFixed(0)}" width=${Math.min(width, 760).toFixed(0)} role="img" aria-label=${words}>
      ${drawn.pairs.map(([a, b]) => {
        const [[x1, y1], [x2, y2]] = [at(drawn.places[a]), at(drawn.places[b])];
        return html`<line class=${isUsed.has(a) && isUsed.has(b) ? "used" : ""} x1=${x1} y1=${y1} x2=${x2} y2=${y2}/>`;
      })}
      ${drawn.places.map((place, number) => {
        const [x, y] = at(place);
        return html`<g class=${isUsed.has(number) ? "used" : ""}><circle cx=${x} cy=${y} r=${isUsed.has(number) ? 11 : 9}/>
          <text x=${x} y=${y + 3.5} text-anchor="middle">${number}</text></g>`;
      })}
    </svg><figcaption>${words}.</figcaption></figure>`;
}
