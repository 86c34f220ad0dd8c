import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { asset } from "#lib/assets.ts";

interface SchemaOptions {
  supergraph: string;
  out?: string;
}

/** Adds `novacron schema`: prints the API schema, for code generators and editors. Production answers no introspection. */
export function addSchemaCommand(program: Command): void {
  program
    .command("schema")
    .description("print the GraphQL schema that clients see")
    .option("--supergraph <file>", "of this supergraph", asset("supergraph.graphql"))
    .option("--out <file>", "write it to a file instead")
    .action(async ({ supergraph, out }: SchemaOptions) => {
      const { readApiSchema } = await import("#gateway/api-schema.ts");
      const text = readApiSchema(supergraph);
      if (out === undefined) process.stdout.write(text);
      else writeFileSync(out, text);
    });
}
