/** Settings from the environment or the options of a program that are not valid. `problems` has one sentence for each setting. */
export class ConfigurationError extends Error {
  readonly code = "CONFIGURATION_INVALID";
  constructor(problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
  }
}
