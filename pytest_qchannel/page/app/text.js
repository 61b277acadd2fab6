// Words and numbers as people read them. All of it goes into text nodes, none into markup.

/** Control and direction marks written out: they would turn or hide the text around them. */
const MARKS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

function plain(value) {
  return String(value ?? "").replace(
    MARKS, (mark) => "\\u" + mark.charCodeAt(0).toString(16).padStart(4, "0"));
}

/** A text for a place that has little room; the whole of it is where the test is opened. */
function cut(value, most = 200) {
  const text = String(value ?? "");
  if (text.length <= most + 30) return plain(text);
  const tail = Math.floor(most / 4);
  return `${plain(text.slice(0, most - tail))} ... ${plain(text.slice(-tail))} (${count(text.length)} characters)`;
}

function count(number) {
  return Number(number).toLocaleString("en-US");
}

function counted(number, one, many = one + "s") {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** Seconds with as many digits as matter. */
function seconds(value) {
  if (value === null || value === undefined) return "";
  const whole = Math.round(value);
  const minutes = Math.round(value / 60);
  if (whole >= 3600) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  if (whole >= 120) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (value >= 10) return `${value.toFixed(1)} s`;
  if (value >= 1) return `${value.toFixed(2)} s`;
  return `${+(value * 1000).toPrecision(3)} ms`;
}

function qpu(value) {
  return `${count(+Number(value).toFixed(2))} s`;
}

function percent(share) {
  return `${(share * 100).toFixed(1)} %`;
}

/** The id of a test, which may break where its parts end and not within a word. */
function Name({ id }) {
  return html`<bdi>${cut(id).split(/(?<=\/|::|\[)/).map((part) => [part, html`<wbr/>`])}</bdi>`;
}

/** A moment as UTC, to the second. */
function moment(text) {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return plain(text);
  return at.toISOString().slice(0, 19).replace("T", " ") + " UTC";
}

/** Numbers with runs of neighbours in short, as 0-3, 7. */
function ranges(numbers) {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const parts = [];
  for (let at = 0; at < sorted.length; at += 1) {
    let end = at;
    while (sorted[end + 1] === sorted[end] + 1) end += 1;
    parts.push(end - at > 1 ? `${sorted[at]}-${sorted[end]}` : sorted.slice(at, end + 1).join(", "));
    at = end;
  }
  return parts.join(", ");
}
