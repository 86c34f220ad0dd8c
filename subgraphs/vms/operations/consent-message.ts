import type { Leftover } from "#lib/operations/record.ts";

const longestList = 1_000;

/**
 * Returns what an operation leaves behind, by its steps and the ids that they returned, and what to do. No entry is cut: those that would make the list longer
 * than 1,000 characters are counted, and the operation has them all.
 */
export function consentMessage(leftBehind: readonly Leftover[]): string {
  const shown: string[] = [];
  let length = 0;
  for (const { step, result } of leftBehind) {
    const entry = `${step} ${JSON.stringify(result)}`;
    length += entry.length;
    if (length > longestList) break;
    shown.push(entry);
  }
  const more = leftBehind.length - shown.length;
  const list = [...shown, ...(more > 0 ? [`${more} more, which its field \`leftBehind\` lists`] : [])].join(", ");
  return `The operation leaves behind: ${list || "nothing that is known"}. Send \`consent: true\` to accept that.`;
}
