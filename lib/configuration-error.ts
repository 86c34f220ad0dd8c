/** What a program is told by its environment or its options, and cannot work with. `problems` are one sentence for each setting. */
export class ConfigurationError extends Error {
  readonly code = "CONFIGURATION_INVALID";
  constructor(problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
  }
}
