-- What db/vms/change-history.ts declares.
SELECT "record_changes"('vms', 'Vm', ARRAY['name', 'display_name', 'description', 'state', 'origin_state', 'hypervisor_type', 'node_id', 'owner_id', 'template_id', 'resource_config', 'tags', 'deleted_at'], "noted" => ARRAY['network_config', 'storage_config', 'security_config', 'backup_config', 'metadata']);
--> statement-breakpoint
SELECT "record_changes"('vm_networks', 'VmNetwork', ARRAY['network_name', 'interface_name', 'ip_address', 'mac_address', 'network_type', 'vlan_id', 'bandwidth_limit_mbps'], "noted" => ARRAY['metadata']);
--> statement-breakpoint
SELECT "record_changes"('vm_snapshots', 'VmSnapshot', ARRAY['name', 'description', 'snapshot_type', 'storage_path', 'size_bytes', 'compression_type', 'expires_at'], "noted" => ARRAY['metadata']);
--> statement-breakpoint
SELECT "record_changes"('vm_templates', 'VmTemplate', ARRAY['name', 'description', 'version', 'owner_id', 'base_image', 'resource_config', 'tags', 'is_public'], "noted" => ARRAY['network_template', 'storage_template', 'security_template', 'metadata']);
