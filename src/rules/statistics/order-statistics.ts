/**
 * The value of rank `k` (0 = the least) among the first `n` of `values`, which it reorders: what stands before rank `k`
 * afterwards is no greater. Linear time on average (Hoare's selection), also for many equal values.
 */
export function select(values: Float64Array, n: number, k: number): number {
  let low = 0;
  let high = n - 1;
  while (low < high) {
    const pivot = at(values, (low + high) >>> 1);
    let i = low;
    let j = high;
    while (i <= j) {
      while (at(values, i) < pivot) i++;
      while (at(values, j) > pivot) j--;
      if (i > j) break;
      const swapped = at(values, i);
      values[i++] = at(values, j);
      values[j--] = swapped;
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else break;
  }
  return at(values, k);
}

/** Median of the first `n` (at least 1) of `values`, which it reorders; of an even number the mean of the middle two. */
export function median(values: Float64Array, n: number): number {
  const middle = n >>> 1;
  const upper = select(values, n, middle);
  if (n % 2 === 1) return upper;
  let lower = at(values, 0);
  for (let i = 1; i < middle; i++) lower = Math.max(lower, at(values, i));
  return lower + (upper - lower) / 2;
}

/**
 * The least value that at least the share `share` (0 to 1) of the first `n` (at least 1) of `values` do not exceed
 * (nearest rank): always a value that was measured. It reorders `values`.
 */
export function percentile(values: Float64Array, n: number, share: number): number {
  return select(values, n, Math.min(n - 1, Math.max(0, Math.ceil(share * n) - 1)));
}

function at(values: Float64Array, i: number): number {
  return values[i] ?? 0;
}
