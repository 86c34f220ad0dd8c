const units = ["B", "KiB", "MiB", "GiB", "TiB"];

/** For example `3.1 GiB`; `?` where the value is unknown. */
export function bytesText(bytes: number | string | null): string {
  if (bytes === null) return "?";
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, Number(bytes))) / 10));
  const value = Number(bytes) / 1_024 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}
