import type { Progress } from "#import/fleet.ts";

const width = 24;
const counted = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** For example `[######      ] 25 %  217,003 of 868,012 samples  88,310/s  7 s left`. */
function progressLine({ done, total, unit, ratePerSecond }: Progress): string {
  const rate = `${counted.format(ratePerSecond)}/s`;
  if (total === undefined || total === 0) return `${counted.format(done)} ${unit}  ${rate}`;
  const share = Math.min(1, done / total);
  const filled = Math.round(share * width);
  const bar = `[${"#".repeat(filled)}${" ".repeat(width - filled)}]`;
  const left = share === 1 || ratePerSecond <= 0 ? "" : `  ${durationText((total - done) / ratePerSecond)} left`;
  const amount = `${counted.format(Math.min(done, total))} of ${counted.format(total)} ${unit}`;
  return `${bar} ${Math.floor(share * 100)} %  ${amount}  ${rate}${left}`;
}

/** For example `7 s`, `2 min 5 s`, `1 h 3 min`. */
function durationText(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}

/**
 * Draws progress on one line of a terminal. Without a terminal, prints a line every ten seconds.
 * `end` keeps the last state on the screen.
 */
export function progressBar(out: NodeJS.WriteStream = process.stderr): { show(progress: Progress): void; end(): void } {
  let shown = false;
  let logged = performance.now();
  return {
    show: (progress) => {
      if (out.isTTY) {
        out.write(`\r\u001b[2K${progressLine(progress).slice(0, (out.columns ?? 100) - 1)}`);
        shown = true;
      } else if (performance.now() - logged > 10_000) {
        logged = performance.now();
        out.write(`${progressLine(progress)}\n`);
      }
    },
    end: () => {
      if (shown) out.write("\n");
      shown = false;
    },
  };
}
