# The zone, who may give certificates in it, and the identity by which external-dns writes the names of ingresses.
resource "azurerm_dns_zone" "this" {
  name                = var.zone
  resource_group_name = var.resource_group
  tags                = var.tags
}

resource "azurerm_dns_caa_record" "this" {
  name                = "@"
  zone_name           = azurerm_dns_zone.this.name
  resource_group_name = var.resource_group
  ttl                 = 3600

  record {
    flags = 0
    tag   = "issue"
    value = var.certificate_authority
  }
}

resource "azurerm_dns_a_record" "this" {
  for_each            = var.records
  name                = each.key
  zone_name           = azurerm_dns_zone.this.name
  resource_group_name = var.resource_group
  ttl                 = 300
  records             = each.value
}

resource "azurerm_user_assigned_identity" "external_dns" {
  name                = "${var.name}-external-dns"
  location            = var.location
  resource_group_name = var.resource_group
  tags                = var.tags
}

resource "azurerm_federated_identity_credential" "external_dns" {
  name                      = "external-dns"
  user_assigned_identity_id = azurerm_user_assigned_identity.external_dns.id
  issuer                    = var.oidc_issuer_url
  audience                  = ["api://AzureADTokenExchange"]
  subject                   = "system:serviceaccount:external-dns:external-dns"
}

resource "azurerm_role_assignment" "external_dns" {
  scope                = azurerm_dns_zone.this.id
  role_definition_name = "DNS Zone Contributor"
  principal_id         = azurerm_user_assigned_identity.external_dns.principal_id
}
