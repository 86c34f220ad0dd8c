import type { Command } from "commander";
import type { TenantWithQuota } from "#db/auth/tenants.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import type { QuotaInput } from "#subgraphs/auth/tenants/quota.ts";
import { listAllTenants } from "#subgraphs/auth/tenants/see-tenants.ts";
import {
  createTenant,
  disableTenant,
  enableTenant,
  setTenantQuota,
  updateTenant,
} from "#subgraphs/auth/tenants/tenants.ts";
import { authCommand, type AuthOptions, type CommandContext } from "./auth-command.ts";
import { entriesOf, tenantOf } from "./lookups.ts";
import { done, problem } from "./problem.ts";

interface QuotaOptions {
  maxVms?: string;
  maxCpuMillicores?: string;
  maxMemoryBytes?: string;
  maxStorageBytes?: string;
  maxMonthlySpend?: string;
  currency?: string;
}

/** Adds `novacron tenant create|rename|disable|enable|quota|list`. */
export function addTenantCommand(context: CommandContext): void {
  const { sub, run, list } = authCommand(context, "tenant", "make tenants, set their limits, and disable them");

  withQuota(sub("create <name>", "make a tenant; then make its first user with `novacron user create --tenant`"))
    .option("--display-name <name>", "the name that people see")
    .option("--description <text>", "a description of the tenant")
    .action((name: string, options: AuthOptions & QuotaOptions & { displayName?: string; description?: string }) =>
      run(options, async ({ services, inTenant }) => {
        const { displayName, description } = options;
        const quota = quotaOf(options);
        const input = { name, displayName, description, quota };
        return shown(done(await createTenant(services, inTenant(platformTenantId), input)).tenant);
      }),
    );
  sub("rename <tenant> <name>", "give a tenant another short name").action(
    (tenant: string, name: string, options: AuthOptions) =>
      run(options, async ({ services, inTenant }) => {
        const id = await tenantOf(services, tenant);
        return shown(done(await updateTenant(services, inTenant(platformTenantId), { id, name })).tenant);
      }),
  );
  for (const [verb, change, does] of [
    ["disable", disableTenant, "end all access to a tenant: no user can sign in, no session or key is valid"],
    ["enable", enableTenant, "restore access to a tenant"],
  ] as const) {
    sub(`${verb} <tenant>`, does).action((tenant: string, options: AuthOptions) =>
      run(options, async ({ services, inTenant }) => {
        const id = await tenantOf(services, tenant);
        return shown(done(await change(services, inTenant(platformTenantId), { id })).tenant);
      }),
    );
  }
  withQuota(sub("quota <tenant>", "set limits of a tenant, and print all of them")).action(
    (tenant: string, options: AuthOptions & QuotaOptions) =>
      run(options, async ({ services, inTenant }) => {
        const id = await tenantOf(services, tenant);
        const quota = quotaOf(options);
        return shown(done(await setTenantQuota(services, inTenant(platformTenantId), { id, quota })).tenant);
      }),
  );
  sub("list", "print all tenants").action((options: AuthOptions) =>
    list(options, async ({ services, inTenant }) => {
      const tenants = await entriesOf((args) => listAllTenants(services, inTenant(platformTenantId), args, false));
      return { columns, entries: tenants.map(shown) };
    }),
  );
}

const withQuota = (command: Command): Command =>
  command
    .option("--max-vms <number>", "how many VMs; `none` lifts this limit, as every other")
    .option("--max-cpu-millicores <number>", "thousandths of a core, over all VMs")
    .option("--max-memory-bytes <number>", "memory over all VMs, in whole MiB")
    .option("--max-storage-bytes <number>", "storage over all VMs, in whole GiB")
    .option("--max-monthly-spend <amount>", "what it may spend in a month; needs --currency")
    .option("--currency <code>", "the ISO 4217 code of that amount's currency");

/** @throws Error QUOTA_INVALID for an amount without a currency, and for a currency without an amount */
function spendOf(amount: string | undefined, currency: string | undefined): QuotaInput["maxMonthlySpend"] {
  if (amount === "none" && currency === undefined) return null;
  if (amount === undefined && currency === undefined) return undefined;
  if (amount === undefined || amount === "none" || currency === undefined)
    throw problem({ code: "QUOTA_INVALID", message: "Give --max-monthly-spend and --currency together." });
  return { amount, currency };
}

/** Parses the limits of a quota. @throws Error QUOTA_INVALID for a value that is no number */
function quotaOf({ currency, ...options }: QuotaOptions): QuotaInput {
  const limit = (text: string | undefined) => {
    if (text === undefined || text === "none") return text === undefined ? undefined : null;
    if (!/^-?\d{1,30}$/.test(text)) throw problem({ code: "QUOTA_INVALID", message: `${text} is not a whole number.` });
    return BigInt(text);
  };
  const quota = {
    maxVmCount: limit(options.maxVms),
    maxCpuMillicores: limit(options.maxCpuMillicores),
    maxMemoryBytes: limit(options.maxMemoryBytes),
    maxStorageBytes: limit(options.maxStorageBytes),
    maxMonthlySpend: spendOf(options.maxMonthlySpend, currency),
  };
  return Object.fromEntries(Object.entries(quota).filter(([, value]) => value !== undefined));
}

const columns = [
  "name",
  "id",
  "displayName",
  "enabled",
  "maxVms",
  "maxCpuMillicores",
  "maxMemoryMib",
  "maxStorageGib",
  "maxMonthlySpend",
  "currency",
];

const shown = ({ id, name, displayName, enabled, quota }: TenantWithQuota) => ({
  name,
  id,
  displayName,
  enabled,
  maxVms: quota?.maxVmCount ?? null,
  maxCpuMillicores: quota?.maxCpuMillicores ?? null,
  maxMemoryMib: quota?.maxMemoryMb ?? null,
  maxStorageGib: quota?.maxStorageGb ?? null,
  maxMonthlySpend: quota?.maxMonthlySpend ?? null,
  currency: quota?.currency ?? null,
});
