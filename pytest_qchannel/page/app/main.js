// The page's state, which its address keeps, and the start.

class Page {
  constructor(record) {
    this.record = record;
    this.layout = laidOut(record);
    this.unfolded = new Set();
    this.most = FIRST_TESTS;
    this.hasAllCosts = false;
    this.clear = this.clear.bind(this);
    this.root = document.getElementById("page");
    this.draw = record.kind === "cassette" ? this.drawCassette : this.drawRun;
    this.read();
    addEventListener("hashchange", () => { this.read(); this.draw(); });
    addEventListener("beforeprint", () => { this.before = this.most; this.most = Infinity; this.draw(); });
    addEventListener("afterprint", () => { this.most = this.before; this.draw(); });
  }

  read() {
    const { wanted, opened } = fromFragment(location.hash, this.record.tests.length);
    this.wanted = wanted;
    this.opened = opened;
    // What an address says is open is drawn, however far down it stands.
    const isOpened = ({ tests }) => tests.some((test) => opened.has(test.number));
    const last = filtered(this.layout.rows, wanted).found.findLastIndex(isOpened);
    this.most = Math.max(this.most, last + 1);
  }

  changed() {
    history.replaceState(null, "", "#" + toFragment(this.wanted, this.opened));
    this.draw();
  }

  isFiltered() {
    return Boolean(this.wanted.q) || FILTERS.some((name) => this.wanted[name].size);
  }

  search(text) { this.wanted.q = text; this.changed(); }
  toggle(name, value) { flip(this.wanted[name], value); this.changed(); }
  open(number) { flip(this.opened, number); this.changed(); }
  close(number) { this.open(number); document.getElementById(`cell-${number}`).focus(); }
  unfold(number) { this.unfolded.add(number); this.draw(); keepFocus("[aria-label=Requests]"); }
  more(most) { this.most = most; this.draw(); keepFocus("[aria-label=Tests]"); }

  clear() {
    for (const name of FILTERS) this.wanted[name].clear();
    this.search("");
    document.getElementById("q").focus();
  }

  drawCassette() {
    const all = this.unfolded.has(0);
    preact.render(html`<${Cassette} record=${this.record} all=${all} showAll=${() => this.unfold(0)}/>`, this.root);
  }

  drawRun() {
    const left = filtered(this.layout.rows, this.wanted);
    const showCosts = () => { this.hasAllCosts = true; this.draw(); };
    this.head = this.head || html`<${Head} record=${this.record}/>`;
    if (!this.costs || this.costsAll !== this.hasAllCosts) {
      this.costsAll = this.hasAllCosts;
      this.costs = html`<${Cost} record=${this.record} all=${this.hasAllCosts} showAll=${showCosts}/>`;
    }
    this.foot = this.foot || html`<${Foot} record=${this.record}/>`;
    preact.render(html`${this.head}<main><section><h2>Tests</h2>
      <${Filters} page=${this} left=${left}/><${Matrix} page=${this} left=${left}/></section>${this.costs}</main>${this.foot}`, this.root);
  }
}

/** A button that is gone after it was pressed leaves the focus to what it drew. */
function keepFocus(selector) {
  const next = document.querySelector(selector);
  if (document.activeElement === document.body && next) next.focus();
}

function flip(set, value) {
  if (!set.delete(value)) set.add(value);
}

async function start() {
  const data = document.getElementById("data");
  try {
    const record = await unpacked(data.textContent);
    data.remove();
    record.runs = record.runs || [record.run];
    const page = new Page(record);
    document.getElementById("page").replaceChildren();
    page.draw();
    const opened = document.querySelector(".opened");
    if (opened) opened.scrollIntoView();
    document.documentElement.dataset.ready = String(Math.round(performance.now()));
  } catch (problem) {
    document.getElementById("state").textContent = typeof DecompressionStream === "undefined"
      ? "This browser cannot unpack the report: it needs Chrome 80, Firefox 113, Safari 16.4, or a newer one."
      : `This report cannot be shown: ${plain(problem)}. The file may have been cut; write it again.`;
    throw problem;
  }
}

start();
