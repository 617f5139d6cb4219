/** What a tenancy that throttles lets through: this many requests a second, and as many at once. */
export function createBucket(rate: number, now: () => number): () => boolean {
  let left = rate;
  let at = 0;
  return () => {
    if (rate === 0) return true;
    left = Math.min(rate, left + ((now() - at) * rate) / 1000);
    at = now();
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
