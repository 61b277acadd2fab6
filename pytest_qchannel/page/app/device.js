// Where the qubits of a device stand on paper: nobody tells us, but the numbers of IBM's lattices do.

/** Places by rows of neighbouring numbers, or null where the coupling has another shape. */
function latticePlaces(qubits, pairs, neighbours) {
  const runs = [];
  for (let at = 0; at < qubits; at += 1) {
    const run = [at];
    while (neighbours[at].has(at + 1)) run.push((at += 1));
    runs.push(run);
  }
  const places = [];
  let y = -1;
  let wasSingle = false;
  for (const run of runs) {
    const isSingle = run.length === 1;
    if (!(isSingle && wasSingle)) y += 1;
    wasSingle = isSingle;
    let offset = 0;
    run.some((one, index) => {
      const above = [...neighbours[one]].find((other) => places[other] && places[other].y === y - 1);
      if (above === undefined) return false;
      offset = places[above].x - index;
      return true;
    });
    run.forEach((one, index) => { places[one] = { x: offset + index, y }; });
  }
  const isShort = ([a, b]) =>
    Math.abs(places[a].x - places[b].x) + Math.abs(places[a].y - places[b].y) <= 1;
  const isFree = new Set(places.map((one) => `${one.x},${one.y}`)).size === qubits;
  return isFree && pairs.every(isShort) ? places : null;
}

/** Places by springs between coupled qubits, for small devices of any shape. */
function springPlaces(qubits, pairs) {
  const places = Array.from({ length: qubits }, (_, at) => ({
    x: Math.cos((2 * Math.PI * at) / qubits) * Math.sqrt(qubits),
    y: Math.sin((2 * Math.PI * at) / qubits) * Math.sqrt(qubits),
  }));
  for (let heat = 1; heat > 0.02; heat *= 0.985) {
    const pushes = places.map(() => ({ x: 0, y: 0 }));
    const push = (a, b, strength) => {
      const [x, y] = [places[a].x - places[b].x, places[a].y - places[b].y];
      const far = Math.hypot(x, y) || 0.01;
      const by = strength(far) / far;
      pushes[a].x += x * by; pushes[a].y += y * by;
      pushes[b].x -= x * by; pushes[b].y -= y * by;
    };
    for (let a = 0; a < qubits; a += 1) {
      for (let b = 0; b < a; b += 1) push(a, b, (far) => 1 / far);
    }
    for (const [a, b] of pairs) push(a, b, (far) => -far * far);
    places.forEach((place, at) => {
      const far = Math.hypot(pushes[at].x, pushes[at].y) || 1;
      const step = Math.min(far, heat) / far;
      place.x += pushes[at].x * step;
      place.y += pushes[at].y * step;
    });
  }
  return places;
}

/** Places of all qubits, in steps from 0 on; null for what no picture of ours would show well. */
function placesOf(device) {
  const seen = new Set();
  const pairs = device.coupling.filter(([a, b]) => {
    const key = `${Math.min(a, b)},${Math.max(a, b)}`;
    if (a === b || Math.max(a, b) >= device.qubits || seen.has(key)) return false;
    return seen.add(key);
  });
  if (!pairs.length) return null;
  const neighbours = Array.from({ length: device.qubits }, () => new Set());
  for (const [a, b] of pairs) { neighbours[a].add(b); neighbours[b].add(a); }
  let places = latticePlaces(device.qubits, pairs, neighbours);
  if (!places && device.qubits > 100) return null;
  places = places || springPlaces(device.qubits, pairs);
  const [left, top] = [Math.min(...places.map((one) => one.x)), Math.min(...places.map((one) => one.y))];
  return { pairs, places: places.map(({ x, y }) => ({ x: x - left, y: y - top })) };
}
