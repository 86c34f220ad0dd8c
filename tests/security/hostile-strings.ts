/** Strings that an attacker would put into a name, a header or a document to forge a log line, or to act on a reader of the log. */
export const hostileStrings: readonly string[] = [
  'line\r\n{"level":30,"part":"gateway","msg":"forged"}\r\n',
  '","level":30,"msg":"forged","x":"',
  "\u001b[2J\u001b]0;title\u0007 of a terminal",
  "\u009b31m by one character",
  "\u202egnp.exe\u2066 the other way around\u2069",
  "two\u2028lines\u2029more\u0085and more\u000b\u000c",
  "half a pair \ud800 and \udc00",
  "unseen \u200b\u00ad\ufeff\u{e0041}",
  String.fromCharCode(...Array.from({ length: 32 }, (_, code) => code)),
  String.fromCharCode(...Array.from({ length: 33 }, (_, code) => 0x7f + code)),
  `${"long ".repeat(2_000)}\n`,
];
