# What is secret: external-secrets reads it by Rouse's identity, nobody else.
data "azurerm_client_config" "this" {}

resource "azurerm_key_vault" "this" {
  name                       = var.name
  location                   = var.location
  resource_group_name        = var.resource_group
  tenant_id                  = data.azurerm_client_config.this.tenant_id
  sku_name                   = "standard"
  rbac_authorization_enabled = true
  purge_protection_enabled   = true
  soft_delete_retention_days = 90

  network_acls {
    default_action             = "Deny"
    bypass                     = "AzureServices"
    virtual_network_subnet_ids = [var.subnet_id]
    ip_rules                   = var.allow
  }

  tags = var.tags
}

resource "azurerm_role_assignment" "reader" {
  scope                = azurerm_key_vault.this.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = var.principal_id
}

# Who runs Terraform writes them.
resource "azurerm_role_assignment" "writer" {
  scope                = azurerm_key_vault.this.id
  role_definition_name = "Key Vault Secrets Officer"
  principal_id         = data.azurerm_client_config.this.object_id
}

resource "azurerm_key_vault_secret" "this" {
  for_each         = var.secret_names
  name             = each.key
  key_vault_id     = azurerm_key_vault.this.id
  value_wo         = var.secrets[each.key]
  value_wo_version = var.secrets_version
  depends_on       = [azurerm_role_assignment.writer]
}
