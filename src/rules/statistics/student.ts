/**
 * The quantile κ of Student's distribution with |T| < κ in the share `confidence` (above 0, below 1) of cases, for a
 * whole number of degrees of freedom from 1: 12.706 for 0.95 and 1.
 *
 * Bisection over the angle θ = atan(t/√ν), whose probability is a finite sum; about ten digits.
 */
export function studentQuantile(confidence: number, degrees: number): number {
  let low = 0;
  let high = Math.PI / 2;
  for (let i = 0; i < 52; i++) {
    const middle = (low + high) / 2;
    if (probabilityWithin(middle, degrees) < confidence) low = middle;
    else high = middle;
  }
  return Math.tan((low + high) / 2) * Math.sqrt(degrees);
}

/** Probability of |T| < √ν·tan θ: Abramowitz and Stegun 26.7.3 (odd ν) and 26.7.4 (even ν). */
function probabilityWithin(theta: number, degrees: number): number {
  const cos = Math.cos(theta);
  const odd = degrees % 2 === 1;
  let term = odd ? cos : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let i = odd ? 3 : 2; i < degrees; i += 2) {
    term *= ((i - 1) / i) * cos * cos;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (theta + Math.sin(theta) * sum) : Math.sin(theta) * sum;
}
