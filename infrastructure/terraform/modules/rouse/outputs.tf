output "cluster" { value = { name = module.aks.name, resource_group = azurerm_resource_group.this.name } }
output "namespace" { value = var.namespace }
output "name_servers" { value = module.dns.name_servers }
output "external_dns_client_id" { value = module.dns.external_dns_client_id }
output "key_vault_url" { value = module.keyvault.url }
output "containers" { value = module.storage.urls }
output "rules" { value = module.monitoring.rules }

output "values" {
  description = "Values of the chart, as YAML."
  value = yamlencode({
    database    = { kind = "postgres" }
    autoscaling = { enabled = true, min = var.replicas.min, max = var.replicas.max }
    settings    = { log-format = "json", public-url = "https://${var.zone}", trusted-proxies = ["10.244.0.0/16", var.network], metrics = "token", archive-to = "azblob://archives" }
    env         = { AZURE_STORAGE_ACCOUNT = module.storage.account }
    backup = {
      to       = "azblob://backups"
      schedule = "17 2 * * *"
      # What may not be deleted yet is not tried.
      keep    = "${(var.storage.containers["backups"].immutable_days + 1) * 24}h"
      scratch = "${ceil(var.postgres.storage_mb / 1024)}Gi"
    }
    serviceAccount = { azureClientId = azurerm_user_assigned_identity.rouse.client_id }
    secrets = {
      external = {
        azure     = { vaultUrl = module.keyvault.url, tenantId = module.keyvault.tenant_id }
        variables = local.variables
      }
    }
    ingress = {
      enabled   = true
      className = "nginx"
      host      = var.zone
      tls       = { issuer = "letsencrypt", secret = "rouse-tls" }
      intake    = { allow = var.senders }
    }
  })
}
