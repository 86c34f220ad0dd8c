import type { EventLog } from "#db/event-log/event-log.ts";
import type { Subgraph } from "#lib/subgraph/subgraph.ts";
import { type AuthDependencies, createAuthSubgraph } from "#subgraphs/auth/subgraph.ts";
import { createFederationSubgraph } from "#subgraphs/federation/subgraph.ts";
import { createMonitoringSubgraph } from "#subgraphs/monitoring/subgraph.ts";
import { createSchedulerSubgraph } from "#subgraphs/scheduler/subgraph.ts";
import { createVmsSubgraph } from "#subgraphs/vms/subgraph.ts";
import type { Databases } from "./databases.ts";
import { callsInProcess } from "./service-calls.ts";

/**
 * Creates the five subgraphs, each on its own database.
 * @param identity what the auth domain needs in addition
 * @param log the event log that subscriptions follow; without it there are none
 */
export const createSubgraphs = (
  databases: Databases,
  identity: Omit<AuthDependencies, "database">,
  log?: EventLog,
): Subgraph[] => {
  const others = [
    createAuthSubgraph({ database: databases.auth, ...identity }),
    createMonitoringSubgraph({ database: databases.monitoring, log }),
    createFederationSubgraph({ database: databases.federation, log }),
    createSchedulerSubgraph({ database: databases.scheduler }),
  ];
  const calls = callsInProcess("vms", others);
  return [...others, createVmsSubgraph({ database: databases.vms, log, calls })];
};
