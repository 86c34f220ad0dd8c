/** Scripts in general use (UAX 31). Scripts that are used in combination are one entry. */
const scripts = (
  "Latin,Cyrillic,Greek,Armenian,Georgian,Arabic,Hebrew,Devanagari,Bengali,Gurmukhi,Gujarati,Oriya,Tamil,Telugu,Kannada,Malayalam,Sinhala,Thai,Lao," +
  "Tibetan,Myanmar,Khmer,Ethiopic,Thaana,Han Hiragana Katakana,Han Hangul,Han Bopomofo"
)
  .split(",")
  .map(
    (together) =>
      // Marks belong to the letter before them, in any script.
      new RegExp(
        `^[${together
          .split(" ")
          .map((script) => `\\p{Script=${script}}`)
          .join("")}\\p{Script=Common}\\p{Script=Inherited}]*$`,
        "u",
      ),
  );

const invisible = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Cc}\p{Zl}\p{Zp}]/u;

/** Apostrophes and similar characters that count as letters, except the Japanese long vowel mark. */
const punctuationLike = /(?!ー)(?=\p{Lm})\p{Script=Common}/u;

/**
 * Whether people can recognize a name by reading it. It has no invisible characters, and its letters are of one script, so that no letter is replaced by
 * a look-alike of another script. Names that consist only of look-alikes are equal in the form that is compared (`db/auth/folded-name.ts`).
 */
export const isReadable = (name: string): boolean =>
  !invisible.test(name) && !punctuationLike.test(name) && scripts.some((together) => together.test(name));

/** Returns a name as it is stored: compatibility characters, such as fullwidth letters, become the usual ones. */
export const writtenName = (name: string): string => name.normalize("NFKC").trim();
