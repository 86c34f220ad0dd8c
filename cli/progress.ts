import type { Progress } from "./import/fleet.ts";

export interface ProgressBar {
  update(progress: Progress): void;
  end(): void;
}

const width = 30;

/** One line that is drawn over itself on a terminal; elsewhere a line every ten seconds. */
export function progressBar(output: NodeJS.WriteStream): ProgressBar {
  let drawn = 0;
  let latest: Progress | undefined;
  const everyMs = output.isTTY ? 100 : 10_000;
  const draw = () => {
    if (latest) output.write(output.isTTY ? `\r\u001b[2K${line(latest)}` : `${line(latest)}\n`);
  };
  return {
    update: (progress) => {
      latest = progress;
      if (performance.now() - drawn < everyMs) return;
      drawn = performance.now();
      draw();
    },
    end: () => {
      if (output.isTTY && latest) {
        draw();
        output.write("\n");
      }
      latest = undefined;
    },
  };
}

function line({ done, total, unit, ratePerSecond }: Progress): string {
  const rate = `${Math.round(ratePerSecond).toLocaleString("en")} ${unit}/s`;
  if (!total) return `${done.toLocaleString("en")} ${unit}, ${rate}`;
  const share = Math.min(1, done / total);
  const bar = "█".repeat(Math.round(share * width)).padEnd(width, "░");
  const left = ratePerSecond > 0 ? `${Math.ceil((total - done) / ratePerSecond)} s left` : "";
  return `${bar} ${(share * 100).toFixed(0).padStart(3)} % of ${total.toLocaleString("en")} ${unit}, ${rate}, ${left}`;
}
