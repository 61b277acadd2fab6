// The record of the page, unpacked and laid out as the matrix needs it.

const FILTERS = ["outcome", "class", "lane", "channel", "client"];
const FAILURES = new Set(["failed", "error"]);
const GLYPHS = {
  passed: "\u2713", failed: "\u2717", error: "\u26a0", skipped: "\u2013",
  xfailed: "x", xpassed: "X", rerun: "\u21bb",
};

async function unpacked(packed) {
  const raw = atob(packed);
  const bytes = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at += 1) bytes[at] = raw.charCodeAt(at);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

/** A test's id without the channel that it was parametrized with, which the column says, and that. */
function split(test, channels) {
  const open = test.id.lastIndexOf("[");
  const whole = { name: test.id, channel: test.channel };
  if (open < 0 || !test.id.endsWith("]")) return whole;
  const parts = test.id.slice(open + 1, -1).split("-");
  const at = parts.findIndex((part) => (test.channel ? part === test.channel : channels.has(part)));
  if (at < 0) return whole;
  const [channel] = parts.splice(at, 1);
  return { name: test.id.slice(0, open) + (parts.length ? `[${parts.join("-")}]` : ""), channel };
}

/** The column of each test. One that was skipped before it had a lane stands in the lane of others. */
function columnsOf(tests, channels) {
  const columns = new Map();
  const put = (test, parts) => {
    test.column = JSON.stringify(parts);
    if (!columns.has(test.column)) columns.set(test.column, { key: test.column, parts });
  };
  const partsOf = (test) => [split(test, channels).channel ?? "", test.client ?? "", test.lane ?? ""];
  for (const test of tests) if (test.lane) put(test, partsOf(test));
  const known = [...columns.values()];
  for (const test of tests) {
    if (test.lane) continue;
    const [channel, client, lane] = partsOf(test);
    const fitting = known.filter(({ parts }) => (!channel || parts[0] === channel) && parts[1] === client);
    put(test, fitting.length === 1 ? fitting[0].parts : [channel, client, lane]);
  }
  const place = ({ parts }) => JSON.stringify(parts.map((part) => part || "\uffff"));
  return [...columns.values()].sort((a, b) => (place(a) < place(b) ? -1 : 1));
}

function rank(test) {
  return FAILURES.has(test.outcome) ? 0 : test.outcome === "xpassed" ? 1 : test.outcome === "rerun" ? 2 : 3;
}

/** What the text search looks through. */
function haystack(test) {
  const words = [
    test.id, test.outcome, test.class, test.lane, test.channel, test.client, test.reason,
    test.error && test.error.headline, test.cassette && test.cassette.path,
  ];
  for (const job of test.jobs || []) words.push(job.id, job.program, job.backend);
  return words.filter(Boolean).join("\n").toLowerCase();
}

/** Rows and columns of the matrix; the tests that failed stand first. */
function laidOut(record) {
  const channels = new Set(record.tests.map((test) => test.channel).filter(Boolean));
  const columns = columnsOf(record.tests, channels);
  const rows = new Map();
  const values = Object.fromEntries(FILTERS.map((name) => [name, new Map()]));
  record.tests.forEach((test, number) => {
    test.number = number;
    test.words = haystack(test);
    const { name } = split(test, channels);
    if (!rows.has(name)) rows.set(name, { name, tests: [], rank: 9 });
    const row = rows.get(name);
    row.tests.push(test);
    row.rank = Math.min(row.rank, rank(test));
    for (const filter of FILTERS) {
      const value = String(test[filter] ?? "");
      values[filter].set(value, (values[filter].get(value) || 0) + 1);
    }
  });
  return {
    columns,
    rows: [...rows.values()].sort((a, b) => a.rank - b.rank),
    values,
  };
}

/** The rows that the filters leave, each with the tests that they leave of it. */
function filtered(rows, wanted) {
  const words = wanted.q.toLowerCase().split(/\s+/).filter(Boolean);
  const active = FILTERS.filter((name) => wanted[name].size);
  const fits = (test) =>
    active.every((name) => wanted[name].has(String(test[name] ?? ""))) &&
    words.every((word) => test.words.includes(word));
  const found = [];
  let tests = 0;
  for (const row of rows) {
    const left = row.tests.filter(fits);
    if (!left.length) continue;
    tests += left.length;
    found.push({ row, tests: left });
  }
  return { found, tests };
}

/** The state of the page as its address keeps it, and back. */
function toFragment(wanted, opened) {
  const pairs = new URLSearchParams();
  if (wanted.q) pairs.append("q", wanted.q);
  for (const name of FILTERS) for (const value of wanted[name]) pairs.append(name, value);
  for (const number of opened) pairs.append("open", number);
  return pairs.toString();
}

function fromFragment(text, most) {
  const pairs = new URLSearchParams(text.replace(/^#/, ""));
  const wanted = { q: pairs.get("q") || "" };
  for (const name of FILTERS) wanted[name] = new Set(pairs.getAll(name));
  const opened = pairs.getAll("open").filter((one) => /^\d+$/.test(one)).map(Number);
  return { wanted, opened: new Set(opened.filter((one) => one < most)) };
}
