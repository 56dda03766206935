# The whole environment, against the real provider and no Azure.
mock_provider "azurerm" { source = "./mocks" }

variables {
  location          = "westeurope"
  suffix            = "test"
  zone              = "oncall.example.org"
  admin_groups      = ["55555555-5555-5555-5555-555555555555"]
  api_allow         = ["192.0.2.0/24"]
  operators         = ["192.0.2.7"]
  senders           = ["198.51.100.0/24"]
  tell              = ["oncall@example.org"]
  postgres_password = "a-password-of-24-characters!"
  secret_variables  = ["ROUSE_SMTP_URL"]
  secrets           = { ROUSE_SMTP_URL = "smtps://rouse:a-secret-of-mail@mail.example.org" }
}

run "dev" {
  command = apply
  module { source = "./environments/dev" }

  assert {
    condition     = yamldecode(output.values).database.kind == "postgres" && yamldecode(output.values).ingress.host == "oncall.example.org"
    error_message = "The chart's values do not fit: ${output.values}"
  }
  assert {
    condition     = join(" ", keys(yamldecode(output.values).secrets.external.variables)) == "ROUSE_DATABASE_URL ROUSE_SMTP_URL"
    error_message = "The chart does not get every secret."
  }
  assert {
    condition     = !strcontains(output.values, "a-password") && !strcontains(output.values, "a-secret")
    error_message = "A secret is in the output."
  }
  assert {
    condition     = length(output.containers) == 2 && sum(values(output.rules)) >= 40
    error_message = "Containers or rules are missing."
  }
}
