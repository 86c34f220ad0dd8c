-- What db/monitoring/change-history.ts declares.
SELECT "record_changes"('alert_instances', 'Alert', ARRAY['state', 'severity', 'node_id', 'labels', 'fired_at', 'resolved_at', 'acknowledged_at', 'acknowledged_by', 'acknowledgement_note', 'acknowledgement_expires_at', 'flap_count'], "noted" => ARRAY['metadata']);
--> statement-breakpoint
SELECT "record_changes"('alert_rules', 'AlertRule', ARRAY['name', 'description', 'metric_name', 'aggregate', 'comparison_operator', 'threshold_value', 'evaluation_window', 'for_duration', 'keep_firing_for', 'cool_down', 'no_data_policy', 'scope', 'severity', 'labels', 'enabled', 'deleted_at'], "noted" => ARRAY['notification_channels', 'metadata']);
--> statement-breakpoint
SELECT "record_changes"('dataset_imports', 'MetricImport', ARRAY['shift_seconds', 'keep_times', 'status', 'finished_at']);
