-- Documents of any shape and addresses may hold secrets: only the fact that they changed is recorded, from now on and of what was recorded before.
SELECT "record_changes"('scheduling_policies', 'SchedulingPolicy', ARRAY['name', 'description', 'priority', 'policy_type', 'enabled'], "noted" => ARRAY['rules', 'constraints', 'preferences', 'anti_affinity_rules', 'resource_requirements', 'metadata']);
--> statement-breakpoint
SELECT "record_changes"('scaling_recommendations', 'ScalingRecommendation', ARRAY['current_resources', 'recommended_resources', 'prediction_confidence', 'prediction_horizon', 'cost_impact', 'currency', 'recommendation_reason', 'applied_at', 'feedback_score'], "noted" => ARRAY['performance_impact', 'metadata']);
--> statement-breakpoint
ALTER TABLE "entity_changes" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
UPDATE "entity_changes" SET "fields" = (
  SELECT coalesce(jsonb_object_agg(name, CASE WHEN name = ANY (ARRAY['rules', 'constraints', 'preferences', 'antiAffinityRules', 'resourceRequirements']) THEN '[]' ELSE value END), '{}')
  FROM jsonb_each("fields") AS field (name, value)
  WHERE "kind" <> 'DELETED' OR name <> ALL (ARRAY['rules', 'constraints', 'preferences', 'antiAffinityRules', 'resourceRequirements'])
) WHERE "entity_type" = 'SchedulingPolicy' AND "fields" ?| ARRAY['rules', 'constraints', 'preferences', 'antiAffinityRules', 'resourceRequirements'];
--> statement-breakpoint
UPDATE "entity_changes" SET "fields" = (
  SELECT coalesce(jsonb_object_agg(name, CASE WHEN name = ANY (ARRAY['performanceImpact']) THEN '[]' ELSE value END), '{}')
  FROM jsonb_each("fields") AS field (name, value)
  WHERE "kind" <> 'DELETED' OR name <> ALL (ARRAY['performanceImpact'])
) WHERE "entity_type" = 'ScalingRecommendation' AND "fields" ?| ARRAY['performanceImpact'];
--> statement-breakpoint
ALTER TABLE "entity_changes" FORCE ROW LEVEL SECURITY;
