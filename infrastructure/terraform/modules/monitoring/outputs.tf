output "log_analytics_workspace_id" { value = azurerm_log_analytics_workspace.this.id }
output "data_collection_rule_id" { value = azurerm_monitor_data_collection_rule.this.id }
output "rules" { value = { for name, g in azurerm_monitor_alert_prometheus_rule_group.this : name => length(g.rule) } }
