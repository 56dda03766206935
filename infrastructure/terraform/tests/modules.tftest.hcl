# Each module by itself: what must hold, and what is refused.
mock_provider "azurerm" { source = "./mocks" }

variables {
  name                       = "rouse-test"
  location                   = "westeurope"
  resource_group             = "rouse"
  tags                       = {}
  subnet_id                  = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rouse/providers/Microsoft.Network/virtualNetworks/rouse/subnets/one"
  dns_zone_id                = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rouse/providers/Microsoft.Network/privateDnsZones/rouse.private.postgres.database.azure.com"
  log_analytics_workspace_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rouse/providers/Microsoft.OperationalInsights/workspaces/rouse"
  principal_id               = "22222222-2222-2222-2222-222222222222"
  oidc_issuer_url            = "https://issuer.example.org/rouse/"
  zones                      = ["1", "2", "3"]
}

run "aks" {
  command = apply
  module { source = "./modules/aks" }
  variables {
    kubernetes_version = "1.34"
    sku_tier           = "Standard"
    admin_groups       = ["55555555-5555-5555-5555-555555555555"]
    api_allow          = ["192.0.2.0/24"]
    system_pool        = { vm_size = "Standard_D2s_v5", min = 1, max = 3 }
    apps_pool          = { vm_size = "Standard_D4s_v5", min = 1, max = 9 }
  }
  assert {
    condition     = azurerm_kubernetes_cluster.this.oidc_issuer_enabled && azurerm_kubernetes_cluster.this.workload_identity_enabled && azurerm_kubernetes_cluster.this.local_account_disabled
    error_message = "Pods have identities, people their own accounts."
  }
  assert {
    condition     = azurerm_kubernetes_cluster_node_pool.apps.auto_scaling_enabled && length(azurerm_kubernetes_cluster_node_pool.apps.zones) == 3
    error_message = "Nodes come and go by themselves, in every zone."
  }
}

run "aks_for_everybody" {
  command = plan
  module { source = "./modules/aks" }
  variables {
    kubernetes_version = "1.29"
    sku_tier           = "Free"
    admin_groups       = []
    api_allow          = ["0.0.0.0/0"]
    system_pool        = { vm_size = "Standard_D2s_v5", min = 1, max = 3 }
    apps_pool          = { vm_size = "Standard_D4s_v5", min = 1, max = 9 }
  }
  expect_failures = [var.kubernetes_version, var.admin_groups, var.api_allow]
}

run "postgres" {
  command = apply
  module { source = "./modules/postgres" }
  variables {
    name              = "rouse-test"
    sku_name          = "GP_Standard_D4ds_v5"
    storage_mb        = 131072
    high_availability = true
    geo_backup        = true
    backup_days       = 35
    password          = "a-password-of-24-characters!"
    password_version  = 1
  }
  assert {
    condition     = azurerm_postgresql_flexible_server.this.high_availability[0].mode == "ZoneRedundant" && azurerm_postgresql_flexible_server.this.high_availability[0].standby_availability_zone != azurerm_postgresql_flexible_server.this.zone
    error_message = "The second machine is in another zone."
  }
  assert {
    condition     = !azurerm_postgresql_flexible_server.this.public_network_access_enabled
    error_message = "Nobody outside reaches it."
  }
  assert {
    condition     = strcontains(azurerm_postgresql_flexible_server_configuration.this["azure.extensions"].value, "TIMESCALEDB") && azurerm_postgresql_flexible_server_configuration.this["synchronous_commit"].value == "on"
    error_message = "TimescaleDB is allowed, and commits wait."
  }
  assert {
    condition     = length(azurerm_management_lock.this) == 1
    error_message = "It is not deleted by mistake."
  }
}

run "postgres_without_backup" {
  command = plan
  module { source = "./modules/postgres" }
  variables {
    sku_name          = "B_Standard_B2s"
    storage_mb        = 32768
    high_availability = false
    geo_backup        = false
    backup_days       = 1
    password          = "a-password-of-24-characters!"
    password_version  = 1
  }
  expect_failures = [var.backup_days]
}

run "storage" {
  command = apply
  module { source = "./modules/storage" }
  variables {
    name        = "rousetest"
    replication = "GZRS"
    locked      = true
    containers = {
      backups  = { immutable_days = 30, cool_days = 30, delete_days = 90 }
      archives = { immutable_days = 0, cool_days = 30, delete_days = 400 }
    }
  }
  assert {
    condition     = join(" ", keys(azurerm_storage_container_immutability_policy.this)) == "backups" && azurerm_storage_container_immutability_policy.this["backups"].locked
    error_message = "Backups cannot be changed for their days."
  }
  assert {
    condition     = length(azurerm_storage_management_policy.this.rule) == 2 && !azurerm_storage_account.this.shared_access_key_enabled && !azurerm_storage_account.this.allow_nested_items_to_be_public
    error_message = "Each container has its end, and nobody comes in by a key or by none."
  }
  assert {
    condition     = output.urls["backups"] == "https://rouse.blob.core.windows.net/backups"
    error_message = "The address is ${output.urls["backups"]}"
  }
}

run "storage_that_deletes_what_may_not_be" {
  command = plan
  module { source = "./modules/storage" }
  variables {
    name        = "rousetest"
    replication = "LRS"
    locked      = false
    containers  = { backups = { immutable_days = 90, cool_days = 10, delete_days = 30 } }
  }
  expect_failures = [var.containers]
}

run "keyvault" {
  command = apply
  module { source = "./modules/keyvault" }
  variables {
    name            = "rouse-test"
    secret_names    = ["one"]
    secrets         = { one = "a-secret" }
    secrets_version = 1
  }
  assert {
    condition     = azurerm_key_vault.this.rbac_authorization_enabled && azurerm_key_vault.this.purge_protection_enabled && azurerm_key_vault.this.network_acls[0].default_action == "Deny"
    error_message = "It is closed, and nothing is lost for good."
  }
  assert {
    condition     = azurerm_role_assignment.reader.role_definition_name == "Key Vault Secrets User"
    error_message = "Rouse reads secrets, and nothing else."
  }
}

run "dns" {
  command = apply
  module { source = "./modules/dns" }
  variables {
    zone    = "oncall.example.org"
    records = { mail = ["192.0.2.25"] }
  }
  assert {
    condition     = azurerm_role_assignment.external_dns.scope == azurerm_dns_zone.this.id && azurerm_federated_identity_credential.external_dns.subject == "system:serviceaccount:external-dns:external-dns"
    error_message = "external-dns writes in this zone only."
  }
  assert {
    condition     = tolist(azurerm_dns_a_record.this["mail"].records) == tolist(["192.0.2.25"])
    error_message = "A record is missing."
  }
}

run "monitoring" {
  command = apply
  module { source = "./modules/monitoring" }
  variables {
    log_days = 30
    tell     = ["oncall@example.org"]
    rules    = "../prometheus/rouse.rules.yaml"
  }
  assert {
    condition     = alltrue([for g in azurerm_monitor_alert_prometheus_rule_group.this : length(g.rule) <= 20])
    error_message = "Azure takes twenty rules in a group."
  }
  assert {
    condition     = [for r in azurerm_monitor_alert_prometheus_rule_group.this["rouse-alive"].rule : r if r.alert == "RouseDown"][0].for == "PT3M"
    error_message = "How long is not as in the file."
  }
}

run "monitoring_that_tells_nobody" {
  command = plan
  module { source = "./modules/monitoring" }
  variables {
    log_days = 30
    tell     = []
    rules    = "../prometheus/rouse.rules.yaml"
  }
  expect_failures = [var.tell]
}
