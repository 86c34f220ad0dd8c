import { Command, Help, type Option } from "commander";

const incomplete = new Set(["commander.missingArgument", "commander.missingMandatoryOptionValue"]);

/**
 * A command of `novacron`. Wrong use ends with `USAGE: …` in place of commander's `error: …`, and names everything that is missing at once. The help marks the
 * options that a command requires.
 */
export class NovacronCommand extends Command {
  override createCommand(name?: string): NovacronCommand {
    return new NovacronCommand(name);
  }

  override createHelp(): Help {
    return Object.assign(new HelpWithRequired(), this.configureHelp());
  }

  override error(message: string, options?: { code?: string; exitCode?: number }): never {
    const text = incomplete.has(options?.code ?? "") ? `missing: ${this.#missing().join(", ")}` : message;
    super.error(`USAGE: ${text.replace(/^error: /, "")}`, options);
  }

  #missing(): string[] {
    return [
      ...this.registeredArguments.flatMap((each, place) =>
        each.required && this.args[place] === undefined ? `<${each.name()}>` : [],
      ),
      ...this.options.flatMap((option) =>
        option.mandatory && this.getOptionValue(option.attributeName()) === undefined ? option.flags : [],
      ),
    ];
  }
}

class HelpWithRequired extends Help {
  override optionDescription(option: Option): string {
    const description = super.optionDescription(option);
    return option.mandatory ? `${description} (required)` : description;
  }
}
