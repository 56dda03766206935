# All that Rouse stands on, in one resource group; what the chart must know of it is the output `values`.
locals {
  name = "rouse-${var.environment}"
  tags = { application = "rouse", environment = var.environment }
  # In the key vault by name, in the chart by variable.
  variables = merge({ ROUSE_DATABASE_URL = "rouse-database-url" }, { for v in var.secret_variables : v => lower(replace(v, "_", "-")) })
}

resource "azurerm_resource_group" "this" {
  name     = local.name
  location = var.location
  tags     = local.tags
}

module "network" {
  source         = "../network"
  name           = local.name
  location       = var.location
  resource_group = azurerm_resource_group.this.name
  network        = var.network
  tags           = local.tags
}

module "monitoring" {
  source         = "../monitoring"
  name           = local.name
  location       = var.location
  resource_group = azurerm_resource_group.this.name
  log_days       = var.log_days
  tell           = var.tell
  rules          = "${path.module}/../../../prometheus/rouse.rules.yaml"
  tags           = local.tags
}

module "aks" {
  source                     = "../aks"
  name                       = local.name
  location                   = var.location
  resource_group             = azurerm_resource_group.this.name
  subnet_id                  = module.network.nodes_subnet_id
  log_analytics_workspace_id = module.monitoring.log_analytics_workspace_id
  kubernetes_version         = var.kubernetes_version
  sku_tier                   = var.sku_tier
  zones                      = var.zones
  admin_groups               = var.admin_groups
  api_allow                  = var.api_allow
  system_pool                = var.system_pool
  apps_pool                  = var.apps_pool
  tags                       = local.tags
}

resource "azurerm_monitor_data_collection_rule_association" "metrics" {
  name                    = "metrics"
  target_resource_id      = module.aks.id
  data_collection_rule_id = module.monitoring.data_collection_rule_id
}

module "dns" {
  source          = "../dns"
  name            = local.name
  location        = var.location
  resource_group  = azurerm_resource_group.this.name
  zone            = var.zone
  oidc_issuer_url = module.aks.oidc_issuer_url
  tags            = local.tags
}

# As whom the pods read secrets and write archives.
resource "azurerm_user_assigned_identity" "rouse" {
  name                = local.name
  location            = var.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

resource "azurerm_federated_identity_credential" "rouse" {
  name                      = "rouse"
  user_assigned_identity_id = azurerm_user_assigned_identity.rouse.id
  issuer                    = module.aks.oidc_issuer_url
  audience                  = ["api://AzureADTokenExchange"]
  subject                   = "system:serviceaccount:${var.namespace}:rouse"
}

module "postgres" {
  source            = "../postgres"
  name              = local.name
  location          = var.location
  resource_group    = azurerm_resource_group.this.name
  subnet_id         = module.network.postgres_subnet_id
  dns_zone_id       = module.network.postgres_dns_zone_id
  zones             = var.zones
  sku_name          = var.postgres.sku_name
  storage_mb        = var.postgres.storage_mb
  high_availability = var.postgres.high_availability
  geo_backup        = var.postgres.geo_backup
  backup_days       = var.postgres.backup_days
  password          = var.postgres_password
  password_version  = var.secrets_version
  tags              = local.tags
}

module "storage" {
  source         = "../storage"
  name           = "rouse${var.environment}${var.suffix}"
  location       = var.location
  resource_group = azurerm_resource_group.this.name
  subnet_id      = module.network.nodes_subnet_id
  principal_id   = azurerm_user_assigned_identity.rouse.principal_id
  replication    = var.storage.replication
  locked         = var.storage.locked
  allow          = var.operators
  containers     = var.storage.containers
  tags           = local.tags
}

module "keyvault" {
  source          = "../keyvault"
  name            = "rouse-${var.environment}-${var.suffix}"
  location        = var.location
  resource_group  = azurerm_resource_group.this.name
  subnet_id       = module.network.nodes_subnet_id
  principal_id    = azurerm_user_assigned_identity.rouse.principal_id
  allow           = var.operators
  secret_names    = toset(values(local.variables))
  secrets_version = var.secrets_version
  secrets = merge(
    { rouse-database-url = "postgres://rouse:${urlencode(var.postgres_password)}@${module.postgres.fqdn}:5432/rouse?sslmode=require" },
    { for v, value in var.secrets : local.variables[v] => value },
  )
  tags = local.tags
}
