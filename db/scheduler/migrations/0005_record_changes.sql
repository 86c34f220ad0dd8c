-- What db/scheduler/change-history.ts declares.
SELECT "record_changes"('resource_allocations', 'ResourceAllocation', ARRAY['allocation_type', 'cpu_millicores', 'cpu_mhz', 'memory_mb', 'storage_gb', 'network_bandwidth_mbps', 'gpu_count', 'gpu_milli', 'gpu_type', 'deallocated_at', 'status', 'expires_at'], "noted" => ARRAY['metadata']);
--> statement-breakpoint
SELECT "record_changes"('clusters', 'Cluster', ARRAY['name', 'description', 'cluster_type', 'version', 'status'], "noted" => ARRAY['config', 'metadata'], "tenant" => '');
--> statement-breakpoint
SELECT "record_changes"('nodes', 'ClusterNode', ARRAY['name', 'hostname', 'ip_address', 'node_type', 'cluster_id', 'region', 'availability_zone', 'capacity', 'allocatable', 'gpu_model', 'labels', 'taints', 'status'], "noted" => ARRAY['metadata'], "tenant" => '');
--> statement-breakpoint
SELECT "record_changes"('scaling_recommendations', 'ScalingRecommendation', ARRAY['current_resources', 'recommended_resources', 'prediction_confidence', 'prediction_horizon', 'cost_impact', 'currency', 'performance_impact', 'recommendation_reason', 'applied_at', 'feedback_score'], "noted" => ARRAY['metadata']);
--> statement-breakpoint
SELECT "record_changes"('scheduling_policies', 'SchedulingPolicy', ARRAY['name', 'description', 'priority', 'policy_type', 'rules', 'constraints', 'preferences', 'anti_affinity_rules', 'resource_requirements', 'enabled'], "noted" => ARRAY['metadata']);
