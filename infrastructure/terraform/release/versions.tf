terraform {
  required_version = ">= 1.11"
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "~> 5.2" }
    helm    = { source = "hashicorp/helm", version = "~> 3.0" }
  }
  backend "azurerm" {
    use_azuread_auth = true
  }
}
