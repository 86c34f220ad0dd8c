import { type SQL, sql, type SQLWrapper } from "drizzle-orm";

/**
 * Maps each Latin letter to the letters that look like it in either case. These are the lowercase Cyrillic, Greek and Armenian letters of the confusables of
 * Unicode (UTS 39), and Latin letters in an unusual form, small capitals included. A final sigma counts as a sigma.
 */
const lookAlikes: Readonly<Record<string, string>> = {
  a: "аαɑᴀ",
  b: "ьвβʙ",
  c: "сϲᴄ",
  d: "ԁᴅ",
  e: "еεᴇ",
  f: "ϝքꜰ",
  g: "ɡԍցɢ",
  h: "һнηհʜ",
  i: "іιıɩɪ",
  j: "јϳᴊ",
  k: "кκᴋ",
  l: "ӏʟ",
  m: "мμϻᴍ",
  n: "ոռɴ",
  o: "оοσօςᴏ",
  p: "рρᴘ",
  q: "ԛգզ",
  r: "гʀ",
  s: "ѕտꜱ",
  t: "тτᴛ",
  u: "υսʋᴜ",
  v: "νѵʌᴠ",
  w: "ԝѡաᴡ",
  x: "хχ",
  y: "уүγʏ",
  z: "ζʐᴢ",
};
// A database whose collation knows only the case of ASCII letters leaves other capitals as they are.
const bothCases = (letter: string): string[] =>
  [...new Set([letter, letter.toUpperCase()])].filter((one) => one > "\u007f");
const pairs = Object.entries(lookAlikes).flatMap(([latin, letters]) =>
  Array.from(letters)
    .flatMap(bothCases)
    .map((letter) => [letter, latin]),
);
const column = (at: 0 | 1) => sql.raw(`'${pairs.map((pair) => pair[at]).join("")}'`);

/**
 * The form by which names are compared. Compatible characters, both cases and letters that look alike become one: `Ａdmin`, `ADMIN`, and `аdmin` with a Cyrillic
 * а. The form is decomposed, so that letters with marks differ only by their marks. The unique indexes of names are of this expression. A look-up must use it
 * too, or the index does not serve it.
 */
export const folded = (name: SQLWrapper): SQL =>
  sql`translate(lower(normalize(${name}, NFKD)), ${column(0)}, ${column(1)})`;

/** The same expression for a bound value. */
export const foldedValue = (placeholder: string): SQL => folded(sql`${sql.placeholder(placeholder)}::text`);
