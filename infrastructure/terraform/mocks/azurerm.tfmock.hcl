# What Azure would answer: ids in its form, which the provider checks.
mock_resource "azurerm_resource_group" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rouse"
  }
}

mock_resource "azurerm_virtual_network" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rouse/providers/Microsoft.Network/virtualNetworks/rouse"
  }
}

mock_resource "azurerm_subnet" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rouse/providers/Microsoft.Network/virtualNetworks/rouse/subnets/one"
  }
}

mock_resource "azurerm_private_dns_zone" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rouse/providers/Microsoft.Network/privateDnsZones/rouse.private.postgres.database.azure.com"
  }
}

mock_resource "azurerm_log_analytics_workspace" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rouse/providers/Microsoft.OperationalInsights/workspaces/rouse"
  }
}

mock_resource "azurerm_monitor_workspace" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rouse/providers/Microsoft.Monitor/accounts/rouse"
  }
}

mock_resource "azurerm_monitor_data_collection_endpoint" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rouse/providers/Microsoft.Insights/dataCollectionEndpoints/rouse"
  }
}

mock_resource "azurerm_monitor_data_collection_rule" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rouse/providers/Microsoft.Insights/dataCollectionRules/rouse"
  }
}

mock_resource "azurerm_monitor_action_group" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rouse/providers/Microsoft.Insights/actionGroups/rouse"
  }
}

mock_resource "azurerm_kubernetes_cluster" {
  defaults = {
    id              = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rouse/providers/Microsoft.ContainerService/managedClusters/rouse"
    oidc_issuer_url = "https://issuer.example.org/rouse/"
  }
}

mock_resource "azurerm_user_assigned_identity" {
  defaults = {
    id           = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rouse/providers/Microsoft.ManagedIdentity/userAssignedIdentities/rouse"
    client_id    = "11111111-1111-1111-1111-111111111111"
    principal_id = "22222222-2222-2222-2222-222222222222"
  }
}

mock_resource "azurerm_postgresql_flexible_server" {
  defaults = {
    id   = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rouse/providers/Microsoft.DBforPostgreSQL/flexibleServers/rouse"
    fqdn = "rouse.postgres.database.azure.com"
  }
}

mock_resource "azurerm_storage_account" {
  defaults = {
    id                    = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rouse/providers/Microsoft.Storage/storageAccounts/rouse"
    primary_blob_endpoint = "https://rouse.blob.core.windows.net/"
  }
}

mock_resource "azurerm_storage_container" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rouse/providers/Microsoft.Storage/storageAccounts/rouse/blobServices/default/containers/one"
  }
}

mock_resource "azurerm_key_vault" {
  defaults = {
    id        = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rouse/providers/Microsoft.KeyVault/vaults/rouse"
    vault_uri = "https://rouse.vault.azure.net/"
  }
}

mock_resource "azurerm_dns_zone" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rouse/providers/Microsoft.Network/dnsZones/oncall.example.org"
  }
}

mock_data "azurerm_client_config" {
  defaults = {
    tenant_id = "33333333-3333-3333-3333-333333333333"
    object_id = "44444444-4444-4444-4444-444444444444"
  }
}
