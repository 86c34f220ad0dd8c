import { counted, type Row, stateCell, timeCell } from "./rows.ts";
import type { Watched } from "./watched.ts";

interface Alert {
  id: string;
  state: string;
  severity: string;
  message: string | null;
  startedAt: string;
  rule: { name: string } | null;
  vm: { name: string } | null;
  node: { name: string } | null;
}
interface Now {
  alerts: { totalCount: number | null; nodes: Alert[] };
}
interface Change {
  alertChanged: { state: string; severity: string; changedAt: string; alert: Alert | null };
}

const about = "id state severity message startedAt rule { name } vm { name } node { name }";
const shown = 50;

/** Watches the open alerts, the newest last, and each change of an alert. */
export function alerts(): Watched {
  /** The state of each alert by its id: a change carries only the new state. */
  const states = new Map<string, string>();
  const row = (time: string, { severity, state }: Pick<Alert, "severity" | "state">, alert: Alert | null): Row => {
    const before = alert && states.get(alert.id);
    if (alert) states.set(alert.id, state);
    return [timeCell(time), stateCell(9, severity), stateCell(22, state, before), { text: summaryOf(alert) }];
  };
  return {
    now: {
      query: `{ alerts(first: ${shown}, filter: { open: true }) { totalCount nodes { ${about} } } }`,
    },
    rowsOfNow: (now) => {
      const { totalCount, nodes } = (now as Now).alerts;
      states.clear();
      const total = totalCount ?? nodes.length;
      const rest = total > nodes.length ? `, the newest ${nodes.length} of them` : "";
      const head = `${counted(total, "open alert")}${rest}`;
      return [
        [{ text: head, style: "bold" }],
        ...nodes.toReversed().map((alert) => row(alert.startedAt, alert, alert)),
      ];
    },
    changes: [
      {
        payload: { query: `subscription { alertChanged { state severity changedAt alert { ${about} } } }` },
        rowOf: (change) => {
          const { alertChanged } = change as Change;
          return row(alertChanged.changedAt, alertChanged, alertChanged.alert);
        },
      },
    ],
  };
}

/** For example `High CPU: web-03 uses 97 % of its CPU`. The name is added where the message does not contain it. */
function summaryOf(alert: Alert | null): string {
  if (!alert) return "an alert that could not be read";
  const { rule, message } = alert;
  const subject = alert.vm?.name ?? alert.node?.name;
  const name = subject !== undefined && !message?.includes(subject) ? subject : undefined;
  return [rule?.name, name, message].filter((part) => part != null).join(": ");
}
