// Pseudo-random numbers from a seed, equal on every machine: integer arithmetic only (sfc32, by Chris
// Doty-Humphrey, public domain), seeded through FNV-1a. Math.random can't be seeded.

export function hashText(text) {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** @param {string} seed @returns {() => number} uniform in [0, 1) */
export function randomFrom(seed) {
  let a = hashText(`a${seed}`);
  let b = hashText(`b${seed}`);
  let c = hashText(`c${seed}`);
  let counter = 1;
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 4294967296;
  };
  // The first numbers still show the seed.
  for (let round = 0; round < 15; round++) next();
  return next;
}

/** Standard normal, by Box and Muller; takes two numbers each time so that the sequence stays aligned. */
export function normal(random) {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}

/** Running totals of weights, for `pick`. */
export function cumulative(weights) {
  const totals = new Float64Array(weights.length);
  let total = 0;
  for (let index = 0; index < weights.length; index++) {
    total += weights[index];
    totals[index] = total;
  }
  return totals;
}

/** An index, each as likely as its weight. */
export function pick(random, totals) {
  const wanted = random() * totals[totals.length - 1];
  let low = 0;
  let high = totals.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (totals[middle] > wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}
