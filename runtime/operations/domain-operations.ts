import type { WriteTx } from "#db/client.ts";
import type { Domain } from "#db/columns.ts";
import type { Hypervisor } from "#hypervisors/port.ts";
import type { OperationDefinition } from "#lib/operations/definition.ts";
import type { ScheduleDefinition } from "#lib/operations/schedule.ts";
import type { Current } from "#lib/replaceable.ts";
import type { ServiceCalls } from "#lib/subgraph/service-calls.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import { drill } from "#subgraphs/vms/operations/drill.ts";
import { vmOperations } from "#subgraphs/vms/operations/vm-operations.ts";
import type { Databases } from "../databases.ts";
import type { Environment } from "../environment.ts";
import { auditCheckpoints, sessionRetention } from "../jobs/auth.ts";
import { changeRetention, eventRetention, operationRetention } from "../jobs/every-domain.ts";
import { type Job, scheduled } from "../jobs/job.ts";
import { rollup, sampleRetention } from "../jobs/monitoring.ts";
import { projectionCheck } from "../jobs/projections.ts";
import { reservationExpiry } from "../jobs/scheduler.ts";
import { deletedVmPurge, requestKeyRetention } from "../jobs/vms.ts";

/** What the worker of one domain's database runs. */
export interface DomainOperations {
  /** What requests start. */
  definitions: readonly OperationDefinition<WriteTx>[];
  /** What the clock starts. Their definitions need not be among the others. */
  schedules: readonly ScheduleDefinition<WriteTx>[];
}

/** What the steps of operations work with. */
export interface OperationDependencies {
  /** The databases under their service roles: a definition's use cases are bound to the tenant of its operation. */
  services: Databases;
  /** The databases under their system roles. */
  systems: Databases;
  /** Signed calls to the subgraphs. Undefined where this process cannot call them: definitions that need them are then another process's. */
  calls: ServiceCalls | undefined;
  /** The hypervisor of all nodes. Undefined where none is configured: definitions that need it are then another process's. */
  hypervisor: Hypervisor | undefined;
  environment: Pick<
    Environment,
    | "auditCheckpoints"
    | "eventRetentionSeconds"
    | "operationRetentionSeconds"
    | "changeRetentionSeconds"
    | "vmRetentionSeconds"
  >;
  /** They sign the checkpoints of the audit log. */
  signingKeys: Current<Keyring>;
}

/** Returns the operations of all domains. */
export function domainOperations({
  services,
  systems,
  calls,
  hypervisor,
  environment,
  signingKeys,
}: OperationDependencies): Record<Domain, DomainOperations> {
  const path = environment.auditCheckpoints;
  const withJobs = (
    domain: Domain,
    definitions: readonly OperationDefinition<WriteTx>[],
    jobs: readonly Job[] = [],
  ): DomainOperations => {
    const ofEveryDomain = [
      eventRetention(systems[domain], environment),
      operationRetention(systems[domain], environment),
      changeRetention(systems[domain], environment),
    ];
    return { definitions, schedules: [...ofEveryDomain, ...jobs].map(scheduled) };
  };
  return {
    auth: withJobs("auth", [], [auditCheckpoints(systems.auth, { path, signingKeys }), sessionRetention(systems.auth)]),
    vms: withJobs(
      "vms",
      [drill, ...(calls && hypervisor ? vmOperations(() => ({ calls, hypervisor })) : [])],
      [
        projectionCheck(systems, "vms"),
        deletedVmPurge({ service: services.vms, system: systems.vms }, environment),
        requestKeyRetention(systems.vms),
      ],
    ),
    monitoring: withJobs(
      "monitoring",
      [],
      [rollup(systems.monitoring), sampleRetention(systems.monitoring), projectionCheck(systems, "monitoring")],
    ),
    federation: withJobs("federation", []),
    scheduler: withJobs("scheduler", [], [projectionCheck(systems, "scheduler"), reservationExpiry(systems.scheduler)]),
  };
}
