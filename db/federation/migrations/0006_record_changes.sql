-- What db/federation/change-history.ts declares.
SELECT "record_changes"('compliance_policies', 'CompliancePolicy', ARRAY['name', 'framework', 'description', 'rules', 'data_residency_requirements', 'encryption_requirements', 'audit_requirements', 'enabled'], "noted" => ARRAY['metadata']);
--> statement-breakpoint
SELECT "record_changes"('compliance_violations', 'ComplianceViolation', ARRAY['violation_type', 'severity', 'description', 'resolved_at', 'resolution_notes', 'auto_remediation_applied'], "noted" => ARRAY['metadata']);
--> statement-breakpoint
SELECT "record_changes"('cost_optimizations', 'CostOptimization', ARRAY['current_provider', 'recommended_provider', 'current_cost_per_hour', 'projected_cost_per_hour', 'potential_monthly_savings', 'currency', 'optimization_type', 'confidence_score', 'status', 'applied_at'], "noted" => ARRAY['recommendation', 'metadata']);
--> statement-breakpoint
SELECT "record_changes"('instance_prices', 'InstancePrice', ARRAY['family', 'vcpu', 'memory_gib', 'gpu_count', 'arch', 'os', 'hourly_on_demand', 'hourly_spot', 'hourly_reserved_1y', 'hourly_reserved_3y', 'currency', 'as_of'], "noted" => ARRAY['metadata'], "tenant" => '');
--> statement-breakpoint
SELECT "record_changes"('cloud_providers', 'CloudProvider', ARRAY['name', 'provider_type', 'regions', 'health_status', 'health_check_interval', 'enabled', 'priority'], "noted" => ARRAY['config', 'capabilities', 'pricing_model', 'health_check_url', 'metadata']);
--> statement-breakpoint
SELECT "record_changes"('multicloud_vms', 'ProviderVm', ARRAY['provider_vm_id', 'name', 'region', 'availability_zone', 'instance_type', 'instance_family', 'state', 'public_ip', 'private_ip', 'cost_per_hour', 'currency', 'tags'], "noted" => ARRAY['provider_metadata']);
--> statement-breakpoint
SELECT "record_changes"('migrations', 'Migration', ARRAY['source_provider', 'destination_provider', 'source_node_id', 'destination_node_id', 'migration_type', 'status', 'current_phase', 'estimated_duration', 'started_at', 'completed_at', 'cost_estimate', 'actual_cost', 'currency', 'approved_by'], "noted" => ARRAY['migration_plan', 'rollback_plan', 'error_details', 'metadata']);
--> statement-breakpoint
SELECT "record_changes"('migration_steps', 'MigrationStep', ARRAY['step_name', 'description', 'status', 'started_at', 'completed_at', 'duration', 'retry_count'], "noted" => ARRAY['error_message', 'output']);
