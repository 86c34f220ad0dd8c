import { counted, type Row, stateCell, timeCell } from "./rows.ts";
import type { Watched } from "./watched.ts";

interface Place {
  name: string;
}
interface Migration {
  id: string;
  status: string;
  progressPercentage: number;
  currentPhase: string | null;
  type: string;
  createdAt: string;
  startedAt: string | null;
  vm: Place | null;
  sourceNode: Place | null;
  destinationNode: Place | null;
  sourceProvider: Place | null;
  destinationProvider: Place | null;
}
interface Now {
  migrations: { totalCount: number | null; nodes: Migration[] };
}
interface Progress {
  migrationProgressed: {
    status: string | null;
    progressPercentage: number | null;
    phase: string | null;
    changedAt: string;
    step: { number: number; name: string; status: string } | null;
    migration: Migration | null;
  };
}

const about = `id status progressPercentage currentPhase type createdAt startedAt vm { name } sourceNode { name }
  destinationNode { name } sourceProvider { name } destinationProvider { name }`;
const shown = 50;
const percentWidth = 5;
const phaseWidth = 9;

/** Migrations that are not over, the newest last, and each change of one and of its steps. */
export function migrations(): Watched {
  /** By the id of each: a change contains only what a migration has become. */
  const statuses = new Map<string, string>();
  const row = (
    time: string,
    to: { status: string; percent: number; phase: string | null },
    migration: Migration | null,
  ): Row => {
    const before = migration && statuses.get(migration.id);
    if (migration) statuses.set(migration.id, to.status);
    const isOther = before != null && before !== to.status;
    return [
      timeCell(time),
      nameCell(migration),
      { text: `${to.percent} %`.padStart(percentWidth), width: percentWidth },
      { text: to.phase ?? "", width: phaseWidth },
      stateCell(isOther ? 25 : 11, to.status, before),
      { text: isOther ? "" : wayOf(migration) },
    ];
  };
  return {
    now: {
      query: `{ migrations(first: ${shown}, filter: { status: [PLANNED, APPROVED, IN_PROGRESS] }) { totalCount nodes { ${about} } } }`,
    },
    rowsOfNow: (now) => {
      const { totalCount, nodes } = (now as Now).migrations;
      statuses.clear();
      const total = totalCount ?? nodes.length;
      const rest = total > nodes.length ? `, the newest ${nodes.length} of them` : "";
      const head: Row = [{ text: `${counted(total, "migration")} not over${rest}`, style: "bold" }];
      const rows = nodes.toReversed().map((migration) => {
        const { status, progressPercentage: percent, currentPhase: phase } = migration;
        return row(migration.startedAt ?? migration.createdAt, { status, percent, phase }, migration);
      });
      return [head, ...rows];
    },
    changes: [
      {
        payload: {
          query: `subscription { migrationProgressed { status progressPercentage phase changedAt
            step { number name status } migration { ${about} } } }`,
        },
        rowOf: (change) => {
          const { status, progressPercentage, phase, changedAt, step, migration } = (change as Progress)
            .migrationProgressed;
          if (!step)
            return row(changedAt, { status: status ?? "?", percent: progressPercentage ?? 0, phase }, migration);
          const what = { text: `step ${step.number} ${step.name}`, width: percentWidth + phaseWidth + 2 };
          return [timeCell(changedAt), nameCell(migration), what, stateCell(25, step.status)];
        },
      },
    ],
  };
}

const nameCell = (migration: Migration | null) => ({ text: migration?.vm?.name ?? "?", width: 16 });

/** `LIVE node-1 → node-2` */
function wayOf(migration: Migration | null): string {
  if (!migration) return "";
  const from = migration.sourceNode?.name ?? migration.sourceProvider?.name ?? "?";
  const to = migration.destinationNode?.name ?? migration.destinationProvider?.name ?? "?";
  return `${migration.type} ${from} → ${to}`;
}
