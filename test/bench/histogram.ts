/** A Prometheus histogram as it is scraped: cumulative counts by upper bound, the last one +Inf. */
export type Histogram = readonly { readonly le: number; readonly count: number }[];

export function bucketsIn(scraped: string, metric: string): Histogram {
  const lines = scraped.matchAll(new RegExp(`^${metric}_bucket\\{le="([^"]+)"\\} (\\d+)$`, 'gm'));
  return [...lines].map(([, le, count]) => ({ le: le === '+Inf' ? Infinity : Number(le), count: Number(count) }));
}

/** The same out of samples by name with labels. */
export function bucketsOf(samples: ReadonlyMap<string, number>, metric: string): Histogram {
  const lines = [...samples].filter(([name]) => name.startsWith(`${metric}_bucket{`));
  return bucketsIn(lines.map(([name, value]) => `${name} ${value}`).join('\n'), metric);
}

/** What happened between two scrapes. */
export function difference(later: Histogram, earlier: Histogram): Histogram {
  return later.map(({ le, count }, index) => ({ le, count: count - (earlier[index]?.count ?? 0) }));
}

export function together(one: Histogram, other: Histogram): Histogram {
  return one.map(({ le, count }, index) => ({ le, count: count + (other[index]?.count ?? 0) }));
}

/** As Prometheus' histogram_quantile: linear within a bucket; the highest finite bound when it lies beyond. */
export function histogramQuantile(histogram: Histogram, share: number): number {
  const rank = (histogram.at(-1)?.count ?? 0) * share;
  const index = histogram.findIndex(({ count }) => count >= rank && count > 0);
  const bucket = histogram[index];
  if (bucket === undefined) return Number.NaN;
  const below = histogram[index - 1] ?? { le: 0, count: 0 };
  if (bucket.le === Infinity) return below.le;
  return below.le + ((bucket.le - below.le) * (rank - below.count)) / (bucket.count - below.count);
}
