import { z } from "zod";
import type { Catalogue } from "#events/catalogue.ts";
import { eventCatalogue } from "#events/event.ts";

/** Returns a table for each database that writes events. */
export function eventsTables(): string {
  return Object.entries(eventCatalogue as Record<string, Catalogue>)
    .map(([source, events]) => {
      const rows = Object.entries(events).map(
        ([type, { version, entity, description, payload }]) =>
          `| \`${type}\` | ${version} | ${entity} | ${description} | ${fields(payload)} |`,
      );
      return `### ${source}\n\n| event | version | entity | when | payload |\n| --- | --- | --- | --- | --- |\n${rows.join("\n")}\n`;
    })
    .join("\n");
}

interface JsonSchema {
  type?: string | string[];
  format?: string;
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
}

function fields(payload: z.ZodObject): string {
  const { properties = {} } = z.toJSONSchema(payload) as JsonSchema;
  return Object.entries(properties)
    .map(([name, schema]) => `\`${name}\`: ${typeName(schema)}`)
    .join("; ");
}

function typeName({ type, format, anyOf, items, additionalProperties, properties }: JsonSchema): string {
  if (anyOf) return anyOf.map(typeName).join(" or ");
  if (items) return `list of ${typeName(items)}`;
  if (format) return { uuid: "id", "date-time": "time" }[format] ?? format;
  if (type === "object" && typeof additionalProperties === "object") return `${typeName(additionalProperties)} by name`;
  if (type === "object" && properties) return `object with ${Object.keys(properties).join(", ")}`;
  return typeof type === "string" ? type : (type?.join(" or ") ?? "anything");
}
