/** Characters that JSON must escape, and surrogates, which only JSON.stringify can judge. */
// oxlint-disable-next-line no-control-regex -- JSON escapes control characters
const special = /["\\\u0000-\u001f\ud800-\udfff]/;

/** Writes a string as JSON. Most strings need no escape, and the check is cheaper than a call of JSON.stringify. */
export const quoted = (text: string): string =>
  text.length < 256 && !special.test(text) ? `"${text}"` : JSON.stringify(text);
