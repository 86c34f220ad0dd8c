-- What db/scheduler/change-history.ts declares.
SELECT "record_changes"('nodes', 'ClusterNode', ARRAY['name', 'hostname', 'ip_address', 'node_type', 'cluster_id', 'region', 'availability_zone', 'capacity', 'allocatable', 'allocation_rules', 'gpu_model', 'labels', 'taints', 'status'], "noted" => ARRAY['metadata'], "tenant" => '');
