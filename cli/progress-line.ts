/** Shows a line on standard error again whenever it differs: in its place in a terminal, and otherwise below the last one. */
export function progressLines(out: NodeJS.WriteStream = process.stderr): {
  show(line: string): void;
  /** Prints a line of its own, which stays. */
  print(line: string): void;
  end(): void;
} {
  let last = "";
  const end = () => {
    if (out.isTTY && last !== "") out.write("\n");
    last = "";
  };
  return {
    show: (line) => {
      if (line === last) return;
      last = line;
      out.write(out.isTTY ? `\r\u001B[2K${line.slice(0, (out.columns ?? 100) - 1)}` : `${line}\n`);
    },
    print: (line) => {
      end();
      out.write(`${line}\n`);
    },
    end,
  };
}
