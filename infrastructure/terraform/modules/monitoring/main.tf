# Logs, metrics of the cluster, and Rouse's own rules, which tell somebody by another way than Rouse.
resource "azurerm_log_analytics_workspace" "this" {
  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group
  retention_in_days   = var.log_days
  tags                = var.tags
}

resource "azurerm_monitor_workspace" "this" {
  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group
  tags                = var.tags
}

resource "azurerm_monitor_data_collection_endpoint" "this" {
  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group
  kind                = "Linux"
  tags                = var.tags
}

resource "azurerm_monitor_data_collection_rule" "this" {
  name                        = var.name
  location                    = var.location
  resource_group_name         = var.resource_group
  data_collection_endpoint_id = azurerm_monitor_data_collection_endpoint.this.id
  kind                        = "Linux"

  destinations {
    monitor_account {
      monitor_account_id = azurerm_monitor_workspace.this.id
      name               = "metrics"
    }
  }
  data_flow {
    streams      = ["Microsoft-PrometheusMetrics"]
    destinations = ["metrics"]
  }
  data_sources {
    prometheus_forwarder {
      name    = "prometheus"
      streams = ["Microsoft-PrometheusMetrics"]
    }
  }
  tags = var.tags
}

resource "azurerm_monitor_action_group" "this" {
  name                = var.name
  resource_group_name = var.resource_group
  short_name          = "rouse"

  dynamic "email_receiver" {
    for_each = var.tell
    content {
      name                    = email_receiver.value
      email_address           = email_receiver.value
      use_common_alert_schema = true
    }
  }
  tags = var.tags
}

locals {
  # "3m" is "PT3M" to Azure.
  groups = yamldecode(file(var.rules)).groups
}

resource "azurerm_monitor_alert_prometheus_rule_group" "this" {
  for_each            = { for g in local.groups : g.name => g }
  name                = each.key
  location            = var.location
  resource_group_name = var.resource_group
  interval            = "PT1M"
  scopes              = [azurerm_monitor_workspace.this.id]

  dynamic "rule" {
    for_each = each.value.rules
    content {
      enabled     = true
      record      = try(rule.value.record, null)
      alert       = try(rule.value.alert, null)
      expression  = rule.value.expr
      for         = try("PT${upper(rule.value.for)}", null)
      severity    = can(rule.value.alert) ? (rule.value.labels.severity == "critical" ? 1 : 3) : null
      labels      = try(rule.value.labels, null)
      annotations = try(rule.value.annotations, null)

      dynamic "action" {
        for_each = can(rule.value.alert) ? [1] : []
        content {
          action_group_id = azurerm_monitor_action_group.this.id
        }
      }
      dynamic "alert_resolution" {
        for_each = can(rule.value.alert) ? [1] : []
        content {
          auto_resolved   = true
          time_to_resolve = "PT10M"
        }
      }
    }
  }
  tags = var.tags
}
