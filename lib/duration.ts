const number = String.raw`(\d{1,9}(?:[.,]\d{1,9})?)`;
const fixedDuration = new RegExp(
  `^P(?=.)(?:${number}W)?(?:${number}D)?(?:T(?=.)(?:${number}H)?(?:${number}M)?(?:${number}S)?)?$`,
);
const secondsOf = [604_800, 86_400, 3_600, 60, 1];

/**
 * Returns the seconds of an ISO 8601 duration, exact to the millisecond; undefined when it is malformed, signed, or contains years or months, which have no
 * fixed length.
 */
export function durationSeconds(text: string): number | undefined {
  const match = fixedDuration.exec(text);
  if (!match) return undefined;
  const seconds = secondsOf.reduce(
    (sum, unit, index) => sum + Number((match[index + 1] ?? "0").replace(",", ".")) * unit,
    0,
  );
  return Math.round(seconds * 1_000) / 1_000;
}

/** Returns whole, non-negative seconds as an ISO 8601 duration in days, hours, minutes and seconds: 5400 is `PT1H30M`. */
export function isoDuration(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const parts = [
    [Math.floor((seconds % 86_400) / 3_600), "H"],
    [Math.floor((seconds % 3_600) / 60), "M"],
    [seconds % 60, "S"],
  ] as const;
  const time = parts.flatMap(([amount, unit]) => (amount > 0 ? [`${amount}${unit}`] : [])).join("");
  if (days === 0 && time === "") return "PT0S";
  return `P${days > 0 ? `${days}D` : ""}${time === "" ? "" : `T${time}`}`;
}
