# Where archives and backups lie: nobody signs in by a shared key, what is written cannot be changed or deleted for a while, and gets
# cheaper with age.
resource "azurerm_storage_account" "this" {
  name                     = var.name
  location                 = var.location
  resource_group_name      = var.resource_group
  account_tier             = "Standard"
  account_replication_type = var.replication
  access_tier              = "Hot"

  shared_access_key_enabled       = false
  default_to_oauth_authentication = true
  allow_nested_items_to_be_public = false
  local_user_enabled              = false

  blob_properties {
    versioning_enabled = true
    delete_retention_policy {
      days = 30
    }
    container_delete_retention_policy {
      days = 30
    }
  }

  network_rules {
    default_action             = "Deny"
    bypass                     = ["AzureServices"]
    virtual_network_subnet_ids = [var.subnet_id]
    ip_rules                   = var.allow
  }

  tags = var.tags
}

resource "azurerm_storage_container" "this" {
  for_each              = var.containers
  name                  = each.key
  storage_account_id    = azurerm_storage_account.this.id
  container_access_type = "private"
}

resource "azurerm_storage_container_immutability_policy" "this" {
  for_each                              = { for name, c in var.containers : name => c if c.immutable_days > 0 }
  storage_container_resource_manager_id = azurerm_storage_container.this[each.key].id
  immutability_period_in_days           = each.value.immutable_days
  # Locked, nobody can shorten it any more: not even who owns the subscription.
  locked = var.locked
}

resource "azurerm_storage_management_policy" "this" {
  storage_account_id = azurerm_storage_account.this.id

  dynamic "rule" {
    for_each = var.containers
    content {
      name    = rule.key
      enabled = true
      filters {
        prefix_match = ["${rule.key}/"]
        blob_types   = ["blockBlob"]
      }
      actions {
        base_blob {
          tier_to_cool_after_days_since_modification_greater_than = rule.value.cool_days
          delete_after_days_since_modification_greater_than       = rule.value.delete_days
        }
        version {
          delete_after_days_since_creation = rule.value.delete_days
        }
      }
    }
  }
}

resource "azurerm_role_assignment" "writer" {
  for_each             = azurerm_storage_container.this
  scope                = each.value.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = var.principal_id
}
