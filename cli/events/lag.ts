import { withSystems } from "#runtime/databases.ts";
import type { Environment } from "#runtime/environment.ts";
import { type EventLag, eventLag } from "#runtime/events/lag.ts";

export const printLag = (environment: Environment, json: boolean): Promise<void> =>
  withSystems(environment, async (systems) => {
    const lag = await eventLag(systems);
    process.stdout.write(json ? `${JSON.stringify(lag)}\n` : table(lag));
  });

function table({ relays, consumers }: EventLag): string {
  const lines = [
    ["relay of", "last event", "behind by", "for"],
    ...relays.map(({ database, headId, events, seconds }) => [
      database,
      String(headId),
      String(events),
      `${seconds.toFixed(1)} s`,
    ]),
    [],
    ["consumer", "in", "reads", "behind by"],
    ...consumers.map(({ consumer, database, source, events }) => [consumer, database, source, String(events)]),
  ];
  return lines
    .map(
      (cells) =>
        `${cells
          .map((cell) => cell.padEnd(16))
          .join("")
          .trimEnd()}\n`,
    )
    .join("");
}
