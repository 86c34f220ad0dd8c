/** What JSON must escape, and what only JSON.stringify can judge: surrogates. */
// oxlint-disable-next-line no-control-regex -- JSON escapes control characters
const special = /["\\\u0000-\u001f\ud800-\udfff]/;

/** A string as JSON. Most need no escape, and looking is cheaper than a call of JSON.stringify. */
export const quoted = (text: string): string =>
  text.length < 256 && !special.test(text) ? `"${text}"` : JSON.stringify(text);
