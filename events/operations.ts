import { removableEvents, text, textOrNull, time, timeOrNull } from "./catalogue.ts";

/** Returns the events of the durable operations of one domain. They are written when an operation starts, and with each change that its worker records. */
export const operationEvents = <const Name extends string>(name: Name, entity: string, domain: string) =>
  removableEvents(name, entity, `A durable operation of the ${domain} domain`, {
    kind: text,
    subject: textOrNull,
    state: text,
    actor: textOrNull,
    createdAt: time,
    endedAt: timeOrNull,
  });
