/**
 * Settings of the test server under which PostgreSQL plans the same statements in other ways. A statement that is right under one plan only (a cast that has
 * to come after a filter, a LIMIT without an order) fails under one of them. `npm run test:plans` runs the tests of the databases under the settings that
 * `NOVACRON_TEST_PLANS` names.
 */
export const plannerSettings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "seq-scans": {
    enable_indexscan: "off",
    enable_indexonlyscan: "off",
    enable_bitmapscan: "off",
    enable_nestloop: "off",
    enable_material: "off",
    enable_memoize: "off",
    plan_cache_mode: "force_custom_plan",
    // Every table, including those of the catalog, is analyzed within a second of a change.
    autovacuum_naptime: "1s",
    autovacuum_analyze_threshold: "1",
    autovacuum_analyze_scale_factor: "0",
  },
  "index-scans": {
    enable_seqscan: "off",
    enable_sort: "off",
    enable_incremental_sort: "off",
    enable_hashjoin: "off",
    enable_mergejoin: "off",
    enable_hashagg: "off",
    enable_partition_pruning: "off",
    plan_cache_mode: "force_generic_plan",
    // No table is ever analyzed.
    autovacuum: "off",
  },
};

/** Returns the settings that `NOVACRON_TEST_PLANS` names; none without it. */
export function plannerSettingsOf(name: string | undefined): Readonly<Record<string, string>> {
  if (!name) return {};
  const settings = plannerSettings[name];
  if (!settings)
    throw new Error(`NOVACRON_TEST_PLANS=${name} is not one of ${Object.keys(plannerSettings).join(", ")}.`);
  return settings;
}
