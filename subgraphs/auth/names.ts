/** Scripts in general use (UAX 31), and those that are written together. */
const scripts = (
  "Latin,Cyrillic,Greek,Armenian,Georgian,Arabic,Hebrew,Devanagari,Bengali,Gurmukhi,Gujarati,Oriya,Tamil,Telugu,Kannada,Malayalam,Sinhala,Thai,Lao," +
  "Tibetan,Myanmar,Khmer,Ethiopic,Thaana,Han Hiragana Katakana,Han Hangul,Han Bopomofo"
)
  .split(",")
  .map(
    (together) =>
      // Marks belong to the letter before them, of whatever script.
      new RegExp(
        `^[${together
          .split(" ")
          .map((script) => `\\p{Script=${script}}`)
          .join("")}\\p{Script=Common}\\p{Script=Inherited}]*$`,
        "u",
      ),
  );

const invisible = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Cc}\p{Zl}\p{Zp}]/u;

/** Apostrophes and the like that count as letters, but for the Japanese sign of a long vowel. */
const punctuationLike = /(?!ー)(?=\p{Lm})\p{Script=Common}/u;

/**
 * Whether people can tell a name by reading it: it has no characters that are not seen, and its letters are of one script, so that none is put in the
 * place of a look-alike of another. Names wholly of look-alikes are one by what they are compared by (`db/auth/folded.ts`).
 */
export const isReadable = (name: string): boolean =>
  !invisible.test(name) && !punctuationLike.test(name) && scripts.some((together) => together.test(name));

/** A name as it is kept: of compatible characters, such as fullwidth letters, the usual ones. */
export const writtenName = (name: string): string => name.normalize("NFKC").trim();
